/** What can happen to a swarm, each as one recorded fact: its rows and its events together. */
import { randomBytes } from 'node:crypto';
import type { StepRecord } from '../../swarm/agents.ts';
import type { SwarmRequest } from '../../swarm/request.ts';
import type { SwarmResult } from '../../swarm/result.ts';
import type { Workbench } from '../runs/workbench.ts';
import type { RunRow } from '../store/runs.ts';
import type { SwarmEnd, SwarmRow, SwarmStepRow } from '../store/swarms.ts';

type Asked = Pick<SwarmStepRow, 'step' | 'name' | 'agent'>;

/** How a swarm ended. */
export interface Outcome {
  state: SwarmEnd;
  result?: SwarmResult | undefined;
  error?: { name: string; message: string };
}

export class SwarmLedger {
  readonly #bench: Pick<Workbench, 'store' | 'recorder'>;

  constructor(bench: Pick<Workbench, 'store' | 'recorder'>) {
    this.#bench = bench;
  }

  /** A swarm is to be run; it may be acknowledged once this is committed. */
  created(request: SwarmRequest, key: string | undefined): SwarmRow {
    const { store, recorder } = this.#bench;
    const id = randomBytes(8).toString('hex');
    return recorder.write(() => {
      const { mode, task } = request;
      const firstSeq = recorder.event('swarm-start', { swarm: id }, { mode, task });
      const row = { id, key: key ?? null, request: JSON.stringify(request), firstSeq, createdAt: Date.now() };
      store.swarms.create(row);
      return store.swarms.byId(id) as SwarmRow;
    });
  }

  /** An agent is asked, in this chat. */
  started(swarm: SwarmRow, { step, name, agent }: Asked, { id: run, chat }: Pick<RunRow, 'id' | 'chat'>): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => {
      store.swarms.startStep(swarm.number, { step, name, agent, run }, Date.now());
      recorder.event('swarm-step', { agent, chat, swarm: swarm.id }, { step, name, state: 'started', run });
    });
  }

  /** An agent cannot be asked; the step ends with that. */
  refused(swarm: SwarmRow, { step, name, agent }: Asked): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => store.swarms.startStep(swarm.number, { step, name, agent, run: null }, Date.now()));
  }

  /** The answer of an agent is there, or it failed. */
  ended(swarm: SwarmRow, step: string, record: StepRecord): void {
    const { store, recorder } = this.#bench;
    const { error } = record;
    recorder.write(() => {
      store.swarms.endStep(swarm.number, step, JSON.stringify(record), Date.now());
      const { name = '', agent = '', run } = store.swarms.step(swarm.number, step) ?? {};
      const known = typeof run === 'string' ? { run } : {};
      const data = { step, name, state: 'ended', ...known, ...(error !== undefined && { error }) } as const;
      recorder.event('swarm-step', { agent, swarm: swarm.id }, data);
    });
  }

  /** The swarm is over. */
  closed(swarm: SwarmRow, { state, result, error }: Outcome): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => {
      const texts = [result && this.#masked(swarm, result), error].map((part) =>
        part === undefined ? null : JSON.stringify(part),
      );
      const [resultText = null, errorText = null] = texts;
      if (!store.swarms.end(swarm.number, state, resultText, errorText, Date.now())) return;
      recorder.event('swarm-end', { swarm: swarm.id }, { state, ...(error && { error: error.message }) });
    });
  }

  /** It was worked on as it was asked; what was masked of that meanwhile is not written again. */
  #masked({ id }: SwarmRow, result: SwarmResult): SwarmResult {
    const { request, requestHash = null } = this.#bench.store.swarms.byId(id) ?? {};
    if (request === undefined || requestHash === null) return result;
    return { ...result, task: (JSON.parse(request) as SwarmRequest).task };
  }
}
