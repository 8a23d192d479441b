/** From what was measured to the new fields of the files: every measurement and every call, on the machine's clock. Pure. */
import type { Measurement, ScheduledCall } from '../results/recording.ts';
import type { AgentIdentity } from '../runtimes/runtime.ts';
import type { AgentRecord } from '../schedule/agent-work.ts';
import type { MeasurementRecord } from '../schedule/measure.ts';

type Identities = ReadonlyMap<string, AgentIdentity>;

/** A measurement of a block; `order`: its place in the run. */
export interface PlacedMeasurement {
  block: number;
  order: number;
  record: MeasurementRecord;
}

export function measurementField({ block, order, record }: PlacedMeasurement, identities: Identities): Measurement {
  return {
    kind: record.kind,
    block,
    order,
    released_ms: record.releasedMs,
    ended_ms: record.endedMs,
    wall_time_s: (record.endedMs - record.releasedMs - heldUpMs(record)) / 1000,
    overlap_fraction: overlapOf(record.agents),
    agents: record.agents.map((agent) => agentField(agent, identities.get(agent.agent))),
  };
}

/**
 * Milliseconds in which nobody worked, for want of a slot. Agents at once do not wait alike: a part of theirs in which one waited is not
 * counted at all (see waits.ts).
 */
function heldUpMs({ kind, agents }: MeasurementRecord): number {
  return kind === 'concurrent' ? 0 : agents.reduce((sum, { slotWaitMs }) => sum + slotWaitMs, 0);
}

function agentField(record: AgentRecord, identity: AgentIdentity | undefined): Measurement['agents'][number] {
  const { calls, invalid } = record;
  return {
    agent: record.agent,
    started_ms: record.startedMs,
    ended_ms: record.endedMs,
    execution_time_s: (record.endedMs - record.startedMs - record.slotWaitMs) / 1000,
    tokens_generated: total(calls.map(({ metrics }) => metrics.tokens_generated)),
    prompt_tokens: total(calls.map(({ metrics }) => metrics.prompt_tokens)),
    process_id: identity?.processId,
    thread_id: identity?.threadId,
    largest_read_bytes: Math.max(0, ...calls.map(({ largestReadBytes }) => largestReadBytes)),
    ...(invalid && { invalid }),
  };
}

/** The calls of a measurement, in the order in which they were sent. */
export function scheduleField({ block, record }: PlacedMeasurement): ScheduledCall[] {
  const calls = record.agents.flatMap(({ agent, calls }) => calls.map((call) => ({ agent, call })));
  calls.sort((one, other) => one.call.sentMs - other.call.sentMs);
  return calls.map(({ agent, call }) => ({
    agent,
    stage: call.stage,
    block,
    kind: record.kind,
    sent_ms: call.sentMs,
    first_text_ms: call.firstTextMs,
    end_ms: call.endMs,
    waited_ms: call.waitedMs,
    ...(call.slotWaitMs > 0 && { slot_wait_ms: call.slotWaitMs }),
    ...(call.isDisturbed && { disturbed_by_turns: true }),
    metrics: call.metrics,
    ...(call.invalid && { invalid: call.invalid }),
  }));
}

/** Time in which calls of two agents or more were open, as a part of the time in which any was; 0 when they took turns. */
function overlapOf(agents: readonly AgentRecord[]): number {
  const edges = agents.flatMap(({ calls }) =>
    calls.flatMap(({ sentMs, endMs }) => [
      { at: sentMs, step: 1 },
      { at: endMs, step: -1 },
    ]),
  );
  edges.sort((one, other) => one.at - other.at || one.step - other.step);
  let [open, since, busy, shared] = [0, 0, 0, 0];
  for (const { at, step } of edges) {
    if (open > 0) busy += at - since;
    if (open > 1) shared += at - since;
    open += step;
    since = at;
  }
  return busy === 0 ? 0 : shared / busy;
}

function total(values: readonly (number | undefined)[]): number | undefined {
  return values.some((value) => value === undefined)
    ? undefined
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}
