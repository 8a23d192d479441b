/**
 * What the stack measures of itself, for Prometheus. Runs are measured when they have ended, from what is stored of them, so that
 * nothing is added to the way of a delta but one observation where text was held back. Counts begin with this process.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { StoredEvent } from '../events.ts';
import type { AgentView, BackendView, PolicyView } from '../service.ts';
import type { MeasuredRun, MeasuredTurn, MeasureStore } from '../store/measures.ts';
import { MetricRegistry } from './registry.ts';

/** A process of the stack, and what memory it takes; bytes. */
export interface ProcessView {
  id: string;
  kind: string;
  memory: number | undefined;
}

/** What is true at the moment of a scrape. */
export interface Snapshot {
  agents: readonly AgentView[];
  backends: readonly BackendView[];
  policies: readonly PolicyView[];
  processes: readonly ProcessView[];
  /** Runs that wait for a person. */
  waiting: number;
  /** Slots that runs and questions of policies hold, by backend. */
  slotsUsed: ReadonlyMap<string, number>;
}

const NANOSECONDS = 1e9;
const RESOLUTION_MS = 10;

export class Metrics {
  readonly #registry = new MetricRegistry();
  readonly #store: MeasureStore;
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(store: MeasureStore) {
    this.#store = store;
    this.#loop.enable();
  }

  /** Committed events. */
  read(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (event.type === 'intervention') this.#intervened(event);
      if (event.type === 'letter-sent') this.#sent(event);
      if (event.type === 'run-end') this.#ended(event);
    }
  }

  #intervened({ agent = '', data }: StoredEvent): void {
    const { policy, action } = JSON.parse(data) as { policy: string; action: string };
    this.#registry.count('agents_interventions_total', { agent, policy, action });
  }

  #sent({ agent = '', data }: StoredEvent): void {
    const { to } = JSON.parse(data) as { to: string };
    this.#registry.count('agents_letters_total', { agent, to });
  }

  #ended({ run: id = '', data }: StoredEvent): void {
    const run = this.#store.run(id);
    if (run === undefined) return;
    const { agent, acceptedAt, startedAt, endedAt } = run;
    const { status } = JSON.parse(data) as { status: string };
    this.#registry.observe('agents_run_duration_seconds', { agent, status }, seconds(acceptedAt, endedAt));
    if (startedAt !== null)
      this.#registry.observe('agents_queue_wait_seconds', { agent }, seconds(acceptedAt, startedAt));
    const turns = this.#store.turns(run.number);
    for (const turn of turns) this.#called(agent, turn);
    this.#firstText(run, turns[0]);
    if (status === 'answered') this.#pace(run, turns);
  }

  #called(agent: string, { backend, outcome, startedAt, endedAt, promptTokens, completionTokens }: MeasuredTurn): void {
    if (endedAt === null || outcome === null) return;
    const labels = { agent, backend: backend ?? '' };
    const name = 'gen_ai_client_operation_duration_seconds';
    this.#registry.observe(name, { ...labels, outcome }, seconds(startedAt, endedAt));
    // Servers count turns that they ended themselves.
    if (promptTokens + completionTokens === 0) return;
    const usage = 'gen_ai_client_token_usage';
    this.#registry.observe(usage, { ...labels, gen_ai_token_type: 'input' }, promptTokens);
    this.#registry.observe(usage, { ...labels, gen_ai_token_type: 'output' }, completionTokens);
  }

  #firstText({ agent, firstTextAt }: MeasuredRun, first: MeasuredTurn | undefined): void {
    if (firstTextAt === null || first === undefined) return;
    const labels = { agent, backend: first.backend ?? '' };
    this.#registry.observe('gen_ai_client_time_to_first_chunk_seconds', labels, seconds(first.startedAt, firstTextAt));
  }

  /** Of answers of one turn: in others it is not known when the text of the last one began. Nor where it was shown after its end only. */
  #pace({ agent, firstTextAt }: MeasuredRun, [turn, ...more]: readonly MeasuredTurn[]): void {
    if (turn === undefined || more.length > 0 || firstTextAt === null || turn.completionTokens < 2) return;
    if (turn.endedAt === null || firstTextAt > turn.endedAt) return;
    const each = seconds(firstTextAt, turn.endedAt) / (turn.completionTokens - 1);
    const labels = { agent, backend: turn.backend ?? '' };
    this.#registry.observe('gen_ai_client_time_per_output_chunk_seconds', labels, each);
  }

  /** Text was released that had been held back for so many milliseconds. */
  heldBack(agent: string, milliseconds: number): void {
    this.#registry.observe('agents_holdback_delay_seconds', { agent }, milliseconds / 1000);
  }

  /** The connection to the model was closed so many milliseconds after the text that was objected to had been read. */
  cut(agent: string, milliseconds: number): void {
    this.#registry.observe('agents_cut_seconds', { agent }, milliseconds / 1000);
  }

  /** In Prometheus' text format. */
  text(snapshot: Snapshot): Promise<string> {
    this.#setAgents(snapshot);
    this.#setBackends(snapshot);
    this.#setPolicies(snapshot);
    this.#setProcesses(snapshot);
    return this.#registry.text();
  }

  #setAgents({ agents, waiting }: Snapshot): void {
    const registry = this.#registry;
    registry.setGauge(
      'agents_inbox_depth',
      agents.map(({ id, queued }) => [{ agent: id }, queued]),
    );
    registry.setGauge(
      'agents_running',
      agents.map(({ id, running }) => [{ agent: id }, running]),
    );
    registry.setCounts(
      'agents_restarts_total',
      agents.map(({ id, restarts }) => [{ agent: id }, restarts]),
    );
    registry.setGauge('agents_approvals_waiting', [[{}, waiting]]);
  }

  #setBackends({ backends, slotsUsed }: Snapshot): void {
    const registry = this.#registry;
    registry.setGauge(
      'agents_backend_up',
      backends.map(({ name, up }) => [{ backend: name }, up ? 1 : 0]),
    );
    registry.setGauge(
      'agents_backend_slots',
      backends.map(({ name, slots }) => [{ backend: name }, slots]),
    );
    const used = backends.map(
      ({ name }) => [{ backend: name }, slotsUsed.get(name) ?? 0] as [{ backend: string }, number],
    );
    registry.setGauge('agents_backend_slots_used', used);
  }

  #setPolicies({ policies }: Snapshot): void {
    const verdicts = policies.flatMap(({ name, verdicts: counts }) =>
      Object.entries(counts).map(
        ([action, count]) => [{ policy: name, action }, count] as [{ policy: string; action: string }, number],
      ),
    );
    this.#registry.setCounts('agents_policy_verdicts_total', verdicts);
    this.#registry.setCounts(
      'agents_policy_failures_total',
      policies.map(({ name, failures }) => [{ policy: name }, failures]),
    );
  }

  #setProcesses({ processes }: Snapshot): void {
    this.#registry.setGauge(
      'agents_process_memory_bytes',
      processes.flatMap(({ id, kind, memory }) => (memory === undefined ? [] : [[{ process: id, kind }, memory]])),
    );
    const delay = (percentile: number): number =>
      Math.max(0, this.#loop.percentile(percentile) / NANOSECONDS - RESOLUTION_MS / 1000);
    this.#registry.setGauge('agents_event_loop_delay_seconds', [
      [{ percentile: '50' }, delay(50)],
      [{ percentile: '99' }, delay(99)],
    ]);
    this.#loop.reset();
  }

  close(): void {
    this.#loop.disable();
  }
}

function seconds(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}
