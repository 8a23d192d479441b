/** Concurrent parts in which an agent had to wait for a slot that others had: the agents were not at work at once, and it does not count. Pure. */
import type { CallRecord } from '../schedule/call.ts';
import type { MeasurementRecord } from '../schedule/measure.ts';
import type { Invalid } from '../schedule/validity.ts';

/** Whether an agent waited between its release and its end. */
export function hasWaited({ agents }: MeasurementRecord): boolean {
  return agents.some(({ slotWaitMs }) => slotWaitMs > 0);
}

/** The same, with every call that waited invalid by name. */
export function withWaitsInvalid(record: MeasurementRecord): MeasurementRecord {
  const agents = record.agents.map((agent) => {
    const calls = agent.calls.map((call) => ({ ...call, invalid: call.invalid ?? waitOf(call) }));
    return { ...agent, calls, invalid: calls.find(({ invalid }) => invalid !== undefined)?.invalid };
  });
  return { ...record, agents };
}

function waitOf({ slotWaitMs }: CallRecord): Invalid | undefined {
  if (slotWaitMs === 0) return undefined;
  return { reason: 'waited_for_slot', detail: `it waited ${Math.ceil(slotWaitMs)} ms for a slot that others had` };
}
