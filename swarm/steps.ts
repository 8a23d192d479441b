/**
 * The steps of one swarm: each asks one agent once. Here is what all patterns have in common: replay of what was recorded, budget,
 * cancelling, state, mailbox, and telling about progress. An agent that fails is an output; rejected is only what ends the swarm.
 */
import { type AgentOutput, type AgentSpec, failedOutput, type StepRecord } from './agents.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import { AgentFailure, SwarmError } from './errors.ts';
import { Mailbox } from './mailbox.ts';
import type { AgentRunner } from './runner.ts';
import { SharedState, StepState } from './shared-state.ts';

/** One agent that is to be asked once. */
export interface Step {
  /** Unique in the swarm, and made of its inputs only. */
  id: string;
  spec: AgentSpec;
  task: string;
}

export type StepEvent =
  | { type: 'step-started'; step: string; agent: string }
  | { type: 'step-ended'; step: string; agent: string; record: StepRecord };

/** What a swarm needs from outside. */
export interface SwarmPorts {
  runner: AgentRunner;
  signal?: AbortSignal | undefined;
  /** What steps gave before: these are not run, not told, and not refused for the budget. Step id → record. */
  completed?: ReadonlyMap<string, StepRecord> | undefined;
  /** Told of each step that runs; waited for, so that a step is recorded before the next one begins. Rejecting ends the swarm. */
  onStep?: ((event: StepEvent) => void | Promise<void>) | undefined;
  state?: SharedState | undefined;
  mailbox?: Mailbox | undefined;
  /** Milliseconds from any zero; default: `performance.now`. */
  now?: (() => number) | undefined;
  /** Cost of an output, for a budget of cost. */
  costOf?: ((output: AgentOutput) => number) | undefined;
}

interface Together {
  /** Steps that run at the same time; default: all. */
  atMost?: number | undefined;
  /** Each step writes into an overlay of its own; see shared-state.ts. */
  isolated?: boolean | undefined;
}

interface Done {
  output: AgentOutput;
  view: StepState;
}

/** Who is alone has its real time when it fails; in a crowd it has none. */
type Company = 'alone' | 'crowd';

export class Steps {
  /** What the agents that work have answered so far. */
  readonly outputs: AgentOutput[] = [];
  readonly #ports: SwarmPorts;
  readonly #budget: Budget;
  readonly #signal: AbortSignal;
  readonly #state: SharedState;
  readonly #mailbox: Mailbox;
  readonly #begun = new Set<string>();

  constructor(ports: SwarmPorts, limits: BudgetLimits = {}) {
    this.#ports = ports;
    this.#budget = new Budget(limits, ports.costOf);
    this.#signal = ports.signal ?? new AbortController().signal;
    this.#state = ports.state ?? new SharedState();
    this.#mailbox = ports.mailbox ?? new Mailbox();
  }

  /** Runs one step by itself. @throws SwarmError BudgetExhausted; the signal's reason; what `onStep` rejects with */
  async one(step: Step): Promise<AgentOutput> {
    const output = await this.aside(step);
    this.outputs.push(output);
    return output;
  }

  /** As `one`, for an agent that judges or sums up: not among the outputs. */
  aside(step: Step): Promise<AgentOutput> {
    return this.#withMail([step], async () => (await this.#perform(step, false, 'alone')).output);
  }

  /** As `aside`, for a step that the swarm can do without. @returns undefined when the budget does not allow it */
  async optional(step: Step): Promise<AgentOutput | undefined> {
    return this.aside(step).catch((error: unknown) => {
      if (error instanceof SwarmError && error.name === 'BudgetExhausted') return undefined;
      throw error;
    });
  }

  /** Runs steps at the same time; outputs in the order of the steps. When one ends the swarm, the others that run may end first. */
  together(steps: readonly Step[], { atMost = steps.length, isolated = false }: Together = {}): Promise<AgentOutput[]> {
    return this.#withMail(steps, async () => {
      const ended: (Done | undefined)[] = steps.map(() => undefined);
      const failures = await settle(steps, atMost, async (step, place) => {
        ended[place] = await this.#perform(step, isolated, 'crowd');
      });
      const done = ended.filter((one) => one !== undefined);
      if (isolated) for (const { output, view } of done) if (output.error === undefined) view.merge();
      const outputs = done.map(({ output }) => output);
      this.outputs.push(...outputs);
      if (failures.length > 0) throw failures[0];
      return outputs;
    });
  }

  /** Up to its first `await` it runs at once: steps that begin together are counted before any of them has ended, also in a replay. */
  async #perform(step: Step, isolated: boolean, company: Company): Promise<Done> {
    const { id, spec } = step;
    this.#signal.throwIfAborted();
    if (this.#begun.has(id)) throw new SwarmError('InvalidSwarm', `there are two steps named ${id}`);
    this.#begun.add(id);
    const recorded = this.#ports.completed?.get(id);
    if (recorded === undefined) this.#budget.start(id);
    else this.#budget.recall();
    const view = new StepState(this.#state, spec.name, isolated);
    const record = await (recorded === undefined ? this.#run(step, view, company) : recorded);
    if (recorded !== undefined) for (const [key, value] of recorded.writes ?? []) view.set(key, value);
    const { writes: _, ...output } = record;
    this.#budget.spend(output);
    if (output.error === undefined) view.note(`agent.${spec.name}.answer`, output.answer, `swarm.${spec.name}`);
    return { output, view };
  }

  async #run(step: Step, view: StepState, company: Company): Promise<StepRecord> {
    const { id, spec } = step;
    await this.#ports.onStep?.({ type: 'step-started', step: id, agent: spec.name });
    this.#signal.throwIfAborted();
    const output = await this.#ask(step, view, company);
    const writes = view.writes();
    const record = writes.length > 0 ? { ...output, writes } : output;
    await this.#ports.onStep?.({ type: 'step-ended', step: id, agent: spec.name, record });
    return record;
  }

  /** @throws the signal's reason, when that is why the agent failed */
  async #ask({ id, spec, task }: Step, state: StepState, company: Company): Promise<AgentOutput> {
    const { runner, now = () => performance.now() } = this.#ports;
    const began = now();
    const context = { step: id, signal: this.#signal, mailbox: this.#mailbox, state };
    // In a function of its own, so that a runner that throws at once is one that rejects.
    const asked = async (): Promise<AgentOutput> => named(spec, await runner.run(spec, task, context));
    const output = await asked().catch((error: unknown) => ({
      ...failedOutput(spec.name, errorText(error), company === 'alone' ? now() - began : 0),
      ...(error instanceof AgentFailure && error.facts),
    }));
    if (output.error !== undefined) this.#signal.throwIfAborted();
    return output;
  }

  async #withMail<T>(steps: readonly Step[], work: () => Promise<T>): Promise<T> {
    const opened = steps.map(({ spec }) => spec.name).filter((name) => this.#mailbox.register(name));
    try {
      return await work();
    } finally {
      for (const name of opened) this.#mailbox.unregister(name);
    }
  }
}

/** Whatever the runner calls it, an output has the name of its spec. @throws SwarmError NoOutput when there is none */
function named({ name }: AgentSpec, output: AgentOutput | undefined): AgentOutput {
  if (typeof output?.answer !== 'string') throw new SwarmError('NoOutput', `the runner gave no output for ${name}`);
  return { ...output, name };
}

function errorText(error: unknown): string {
  if (error instanceof SwarmError) return error.message;
  return `join error: ${error instanceof Error ? error.message : String(error)}`;
}

/** Works on all items, at most so many at a time, until one fails; waits for all that have begun. @returns the failures */
async function settle<T>(
  items: readonly T[],
  atMost: number,
  work: (item: T, place: number) => Promise<void>,
): Promise<unknown[]> {
  const rest = items.entries();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const [place, item] of rest) {
      if (failures.length > 0) return;
      await work(item, place).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atMost, items.length) }, worker));
  return failures;
}
