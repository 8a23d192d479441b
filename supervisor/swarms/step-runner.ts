/**
 * Asks the agents of a stack for a swarm: each step is a run of its own, in a chat of its own, judged and recorded like any other. A
 * step that was accepted before, by this or a previous supervisor, is not asked again: whoever asks joins its run.
 */
import type { AgentOutput, AgentSpec } from '../../swarm/agents.ts';
import { AgentFailure } from '../../swarm/errors.ts';
import type { AgentRunner, StepContext } from '../../swarm/runner.ts';
import { InterjectError } from '../errors.ts';
import type { Intake } from '../intake.ts';
import type { RunWaiters } from '../run-waiters.ts';
import type { Workbench } from '../runs/workbench.ts';
import type { SwarmRow } from '../store/swarms.ts';
import { Views } from '../views.ts';
import { maskedAs } from './masked-request.ts';
import { SwarmLedger } from './swarm-ledger.ts';

/** Timers take no more than 24 days; whoever waits longer looks again. */
const WAIT_MS = 3_600_000;

export interface StepRunnerPorts {
  bench: Workbench;
  intake: Intake;
  waiters: RunWaiters;
  /** The swarm cannot go on now. */
  interrupt(error: InterjectError): void;
}

export class StepRunner implements AgentRunner {
  readonly #ports: StepRunnerPorts;
  readonly #swarm: SwarmRow;
  readonly #views: Views;
  readonly #ledger: SwarmLedger;

  constructor(ports: StepRunnerPorts, swarm: SwarmRow) {
    const { bench } = ports;
    this.#ports = ports;
    this.#swarm = swarm;
    this.#views = new Views(bench.store, bench.runs);
    this.#ledger = new SwarmLedger(bench);
  }

  /** @throws AgentFailure when its run ended without an answer, or could not be opened */
  async run(spec: AgentSpec, task: string, { step, signal }: StepContext): Promise<AgentOutput> {
    const run = await this.#open(spec, task, step);
    await this.#ended(run, signal);
    return this.#output(spec.name, run);
  }

  /** Returns the id of the run of this step. */
  async #open(spec: AgentSpec, task: string, step: string): Promise<string> {
    const { bench, intake, interrupt } = this.#ports;
    const { id: swarm } = this.#swarm;
    const agent = agentOf(spec);
    const key = `swarm/${swarm}/${step}`;
    const known = bench.store.runs.byKey(agent, key);
    if (known !== undefined) return known.id;
    const definition = bench.agents.get(agent);
    if (definition === undefined) throw new AgentFailure(`there is no agent named ${agent}`);
    const asked = { step, name: spec.name, agent };
    const system = this.#masked(spec.system_prompt);
    const message = { agent, chat: `swarm-${swarm}-${step}`, key, content: this.#masked(task) };
    try {
      const run = await intake.open(
        { ...message, origin: 'swarm', system, swarm },
        { ...definition, system },
        { received: (row) => this.#ledger.started(this.#swarm, asked, row) },
      );
      return run.id;
    } catch (error) {
      if (!(error instanceof InterjectError)) throw error;
      if (error.code === 'storage_failed' || error.code === 'stopping') interrupt(error);
      else this.#ledger.refused(this.#swarm, asked);
      throw new AgentFailure(error.message);
    }
  }

  /** What policies have masked in the request since the swarm began does not come back with a later step. */
  #masked(text: string): string {
    const { request, id } = this.#swarm;
    const now = this.#ports.bench.store.swarms.byId(id)?.request ?? request;
    return now === request ? text : maskedAs(text, request, now);
  }

  async #ended(run: string, signal: AbortSignal): Promise<void> {
    const { bench, waiters } = this.#ports;
    for (;;) {
      signal.throwIfAborted();
      bench.recorder.flush();
      const row = bench.store.runs.byId(run);
      if (row?.endedAt !== null) return;
      await waiters.wait(run, WAIT_MS, signal);
    }
  }

  #output(name: string, id: string): AgentOutput {
    const { content, status, reason, timings } = this.#views.run(id);
    const { turns, ...facts } = this.#facts(id, status);
    if (status !== 'answered') throw new AgentFailure(reason === undefined ? status : `${status}: ${reason}`, facts);
    return { name, answer: content, turns, tool_calls: 0, duration_ms: timings.total_ms ?? 0, ...facts };
  }

  /** Tokens as the server counted them; of turns that were cut by what was shown of them. */
  #facts(id: string, outcome: string): { turns: number; outcome: string; tokens: number } {
    const { runs, turns: store } = this.#ports.bench.store;
    const number = runs.byId(id)?.number ?? 0;
    const { turns, tokens } = store.spent(number);
    return { turns, outcome, tokens: store.usage(number).promptTokens + tokens };
  }
}

/** The agent of the stack that a spec is about: in a debate it has another name than its spec. */
function agentOf({ name, metadata }: AgentSpec): string {
  return typeof metadata.agent === 'string' ? metadata.agent : name;
}
