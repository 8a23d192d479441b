/**
 * Asks a server what it is: `/health`, then `/props` (llama-server and the simulator), else `/v1/models`. Never throws.
 * What the chat template of a llama-server takes is tried when the server comes up or has another model, not each time.
 */
import type { BackendStatus } from './backend.ts';
import { errorOfReply } from './error-mapping.ts';
import { countOf, fieldsOf, parseJson, textOf } from './json.ts';
import { type Answer, ask } from './question.ts';
import type { ServerAddress } from './server-address.ts';
import type { TemplateProbe } from './template-abilities.ts';

const UNKNOWN: BackendStatus = {
  server: 'openai-compatible',
  ready: false,
  slots: undefined,
  contextTokens: undefined,
  models: [],
  detail: undefined,
};

/** What the server is, and whether it takes requests now; three questions at most, and three more when it is new. */
export async function probeServer(
  address: ServerAddress,
  template: TemplateProbe,
  signal: AbortSignal,
): Promise<BackendStatus> {
  const status = await askServer(address, template, signal);
  if (!status.ready) template.forget();
  return status;
}

async function askServer(address: ServerAddress, template: TemplateProbe, signal: AbortSignal): Promise<BackendStatus> {
  const health = await ask(address, '/health', signal);
  if (health.failure !== undefined || health.status === 503) return notReady(address, health);
  if (health.status !== 200) return probeModels(address, signal);
  const props = await ask(address, '/props', signal);
  if (props.status !== 200 && isLlama(props)) return notReady(address, props);
  const llama = readProps(props);
  if (llama === undefined) return probeModels(address, signal);
  const models = llama.models.length > 0 ? llama.models : modelsOf(await ask(address, '/v1/models', signal));
  const abilities = await template.abilities(identityOf(props, models), signal);
  return { ...llama, models, ...(abilities !== undefined && { abilities }) };
}

async function probeModels(address: ServerAddress, signal: AbortSignal): Promise<BackendStatus> {
  const answer = await ask(address, '/v1/models', signal);
  return answer.status === 200 ? { ...UNKNOWN, ready: true, models: modelsOf(answer) } : notReady(address, answer);
}

function notReady({ apiKeyVariable, apiKey }: ServerAddress, answer: Answer): BackendStatus {
  const detail = answer.failure ?? errorOfReply({ ...answer, apiKeyVariable, apiKey }).message;
  return { ...UNKNOWN, server: isLlama(answer) ? 'llama-server' : 'openai-compatible', detail };
}

function isLlama({ server }: Answer): boolean {
  return server.startsWith('llama.cpp');
}

function readProps({ status, body }: Answer): BackendStatus | undefined {
  const props = fieldsOf(parseJson(body));
  const slots = countOf(props.total_slots);
  if (status !== 200 || slots === undefined) return undefined;
  return {
    server: props.simulator === true ? 'simulator' : 'llama-server',
    ready: true,
    slots,
    contextTokens: countOf(fieldsOf(props.default_generation_settings).n_ctx),
    models: [textOf(props.model_alias)].filter((name) => name !== ''),
    detail: undefined,
  };
}

/** What the template depends on, as far as the server tells. */
function identityOf({ body }: Answer, models: readonly string[]): string {
  const { model_path, chat_template } = fieldsOf(parseJson(body));
  return JSON.stringify([models, model_path, chat_template]);
}

function modelsOf({ body }: Answer): string[] {
  const { data } = fieldsOf(parseJson(body));
  const listed = Array.isArray(data) ? data.map((model) => textOf(fieldsOf(model).id)) : [];
  return listed.filter((name) => name !== '');
}
