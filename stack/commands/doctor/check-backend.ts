/** A model server: what it is, what it can do, and one short real answer. */
import type { Backend, BackendStatus } from '../../../agent/backend/backend.ts';
import { createBackend } from '../../../agent/backend/registry.ts';
import { messageOf } from '../../failure.ts';
import { llamaServerCommands } from '../../llama-server/command.ts';
import type { PlannedBackend } from '../../plan.ts';
import { type Finding, fail, note, ok } from './finding.ts';

const PART = 'model';
const TOLD_WITHIN_MS = 5000;
/** A large model may have to be loaded for it. */
const ANSWERS_WITHIN_MS = 120_000;
const QUESTION = 'Answer with one word: are you there?';
const ANSWER_TOKENS = 16;
const MOST_MODELS = 5;
const ATTACH = 'npx tsx run.ts --backend http://127.0.0.1:8080';

/** `models`: those that agents ask it for. */
export async function checkBackend(planned: PlannedBackend, models: readonly string[]): Promise<Finding[]> {
  if (planned.llamaServer !== undefined) return [checkLlamaServer(planned)];
  if (planned.simulator) {
    return [note(PART, 'none: the built-in simulator answers short made-up text', `Attach a real one: ${ATTACH}`)];
  }
  try {
    const backend = createBackend(planned);
    const status = await backend.probe(AbortSignal.timeout(TOLD_WITHIN_MS));
    if (!status.ready) return [notReady(planned, status)];
    const asked = models.length > 0 ? models : status.models.slice(0, 1);
    return [ok(PART, describe(planned, status)), ...missing(asked, status), await tryOut(backend, asked[0] ?? '')];
  } catch (error) {
    return [fail(PART, `${planned.name}: ${messageOf(error)}`)];
  }
}

function notReady({ name, url }: PlannedBackend, { server, detail }: BackendStatus): Finding {
  const what = server === 'openai-compatible' ? '' : ` (${server})`;
  const advice = `Start it, or wait until it has loaded its model; or name another one: ${ATTACH}`;
  return fail(PART, `${name} at ${url}${what}: ${detail ?? 'it takes no requests now'}`, advice);
}

function describe({ name, url, origin, slots: limit }: PlannedBackend, status: BackendStatus): string {
  const { server, version, models, contextTokens, slots, abilities } = status;
  const shown = models.slice(0, MOST_MODELS).join(', ');
  const more = models.length > MOST_MODELS ? ` and ${models.length - MOST_MODELS} more` : '';
  const facts = [
    `${name} at ${url}${origin === undefined ? '' : ` (${origin})`}: ${server}${version === undefined ? '' : ` ${version}`}`,
    models.length === 0 ? 'it names no model' : `model ${shown}${more}`,
    contextTokens === undefined ? '' : `context of ${contextTokens} tokens`,
    slots === undefined ? '' : `${slots} ${slots === 1 ? 'slot' : 'slots'}`,
    limit === undefined ? '' : `${limit} used`,
  ];
  return [facts.filter((fact) => fact !== '').join(', '), ...describeAbilities(abilities)].join('\n');
}

function describeAbilities(abilities: BackendStatus['abilities']): string[] {
  if (abilities === undefined) return [];
  const { systemRole, consecutiveUsers, continuesAnswer } = abilities;
  const yesNo = (is: boolean): string => (is ? 'yes' : 'no');
  return [
    `chat template: system role ${yesNo(systemRole)}, consecutive user messages ${yesNo(consecutiveUsers)}, ` +
      `continues an answer ${yesNo(continuesAnswer)}`,
  ];
}

/** Servers that name no models take any. */
function missing(asked: readonly string[], { models, server }: BackendStatus): Finding[] {
  if (models.length === 0) return [];
  return asked
    .filter((model) => !models.includes(model) && !models.includes(`${model}:latest`))
    .map((model) => {
      const advice =
        server === 'ollama'
          ? `ollama pull ${model}`
          : `It serves ${models.slice(0, MOST_MODELS).join(', ')}; choose with --model.`;
      return server === 'ollama'
        ? fail(PART, `${model} is not there`, advice)
        : note(PART, `${model} is not named by it`, advice);
    });
}

/** One short answer, with the time to its first text. */
async function tryOut(backend: Backend, model: string): Promise<Finding> {
  const request = {
    model,
    messages: [{ role: 'user', content: QUESTION } as const],
    options: { maxTokens: ANSWER_TOKENS },
  };
  const began = performance.now();
  const since = (): string => `${Math.round(performance.now() - began)} ms`;
  let first: string | undefined;
  try {
    for await (const part of backend.stream(request, AbortSignal.timeout(ANSWERS_WITHIN_MS))) {
      if (part.type !== 'finish') first ??= since();
    }
    if (first === undefined)
      return fail('answer', `it ended without any text after ${since()}`, 'Look into the log of the model server.');
    return ok('answer', `first text after ${first}, ${ANSWER_TOKENS} tokens at most after ${since()}`);
  } catch (error) {
    return fail('answer', messageOf(error), 'Look into the log of the model server.');
  }
}

/** It is started with the stack; what that needs is there or not. */
function checkLlamaServer(planned: PlannedBackend): Finding {
  try {
    const [command] = llamaServerCommands([planned]);
    return ok(PART, `${command?.modelFile}, served by ${command?.binary}, which is started with the stack`);
  } catch (error) {
    return fail(PART, messageOf(error));
  }
}
