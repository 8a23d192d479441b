/**
 * Takes conversations that their callers hold: what was said is the caller's, the agent's system prompt and policies apply, and nothing of it
 * is kept for a later message.
 */
import { randomBytes } from 'node:crypto';
import type { AgentDefinition } from './configuration.ts';
import type { Engine } from './engine.ts';
import { InterjectError } from './errors.ts';
import { accepted, type Intake } from './intake.ts';
import type { LiveRun } from './runs/live-run.ts';
import type { AcceptedCompletion, AnswerFormat, IncomingCompletion } from './service.ts';

export class Completions {
  readonly #engine: Engine;
  readonly #intake: Intake;

  constructor(engine: Engine, intake: Intake) {
    this.#engine = engine;
    this.#intake = intake;
  }

  /** Resolves when its run is committed. @throws InterjectError unsupported_option: the model server cannot be asked for such an answer */
  async take(agent: AgentDefinition, completion: IncomingCompletion): Promise<AcceptedCompletion> {
    const { content, earlier, format } = completion;
    const definition = asAsked(agent, completion);
    this.#mustTake(definition, format);
    const chat = `completion-${randomBytes(8).toString('hex')}`;
    const message = { agent: agent.name, chat, key: undefined, content, isEphemeral: true };
    const said = earlier.filter(({ role }) => role !== 'system');
    const run = await this.#intake.open(message, definition, { earlier: said, format });
    return { ...accepted(run.row), isSeamless: this.#isSeamless(run) };
  }

  /** @throws InterjectError unsupported_option: the model server cannot be asked for such an answer */
  #mustTake(agent: AgentDefinition, format: AnswerFormat | undefined): void {
    if (format === undefined) return;
    const { backends, backendOf } = this.#engine.bench;
    const backend = backends.withoutFormat(backends.route(backendOf(agent), agent), format);
    if (backend === undefined) return;
    const server = `${backend} is Ollama ${backends.status(backend)?.version}, which`;
    throw new InterjectError('unsupported_option', `response_format: ${server} takes no schema; 0.5 and later do.`);
  }

  #isSeamless(run: LiveRun): boolean {
    const policies = this.#engine.bench.policies.of(run.row.agent).map(({ policy }) => policy);
    // An answer that was shown and reviewed afterwards is followed by another one, also where cut ones go on.
    if (policies.some(({ review, reviewWhen }) => review !== undefined && reviewWhen === 'after')) return false;
    const canCut = policies.some(({ onText, onTurnEnd }) => onText !== undefined || onTurnEnd !== undefined);
    return !canCut || this.#engine.turns.continues(run);
  }
}

/** The agent as it is for this conversation. */
function asAsked(agent: AgentDefinition, { earlier, options, format }: IncomingCompletion): AgentDefinition {
  const system = [agent.system, ...earlier.filter(({ role }) => role === 'system').map(({ content }) => content)];
  return {
    ...agent,
    ...options,
    system: system.filter((text) => text !== '').join('\n\n'),
    // What a server is made to write begins anew with every request.
    ...(format !== undefined && { resume: 'regenerate' }),
  };
}
