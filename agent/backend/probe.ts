/**
 * Asks a server what it is: `/health`, then `/props` (llama-server and the simulator), else `/v1/models`. Never throws.
 */
import type { BackendStatus } from './backend.ts';
import { errorOfReply } from './error-mapping.ts';
import { countOf, fieldsOf, parseJson, textOf } from './json.ts';
import { type Answer, ask } from './question.ts';
import type { ServerAddress } from './server-address.ts';

const UNKNOWN: BackendStatus = {
  server: 'openai-compatible',
  ready: false,
  slots: undefined,
  contextTokens: undefined,
  models: [],
  detail: undefined,
};

/** What the server is, and whether it takes requests now; three questions at most. */
export async function probeServer(address: ServerAddress, signal: AbortSignal): Promise<BackendStatus> {
  const health = await ask(address, '/health', signal);
  if (health.failure !== undefined || health.status === 503) return notReady(address, health);
  if (health.status !== 200) return probeModels(address, signal);
  const props = await ask(address, '/props', signal);
  if (props.status !== 200 && isLlama(props)) return notReady(address, props);
  const llama = readProps(props);
  if (llama === undefined) return probeModels(address, signal);
  return llama.models.length > 0 ? llama : { ...llama, models: modelsOf(await ask(address, '/v1/models', signal)) };
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

function modelsOf({ body }: Answer): string[] {
  const { data } = fieldsOf(parseJson(body));
  const listed = Array.isArray(data) ? data.map((model) => textOf(fieldsOf(model).id)) : [];
  return listed.filter((name) => name !== '');
}
