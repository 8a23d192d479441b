/** One model call in a slot of its server: what it waited for the slot is told apart, and a slot that is refused makes the call invalid. */
import { machineClockMs } from '../../agent/call-timing.ts';
import { type CallRecord, type CallSettings, makeCall, type Question } from './call.ts';
import type { Slots } from './slots.ts';
import type { Invalid } from './validity.ts';

/** Where a call is made. */
interface Place {
  runtime: Parameters<typeof makeCall>[0];
  slots: Slots;
  interrupt: AbortSignal;
}

/** @throws Error the agent is gone */
export async function callInSlot(
  { runtime, slots, interrupt }: Place,
  agent: CallSettings & { name: string },
  question: Question,
): Promise<Omit<CallRecord, 'waitedMs'>> {
  const { waitedMs: slotWaitMs, refused } = await slots.begin(agent.name);
  if (refused !== undefined) return { ...notMade(question, refused, interrupt.aborted), slotWaitMs };
  try {
    const call = await makeCall(runtime, agent.name, agent, question, interrupt);
    return { ...call, slotWaitMs, isDisturbed: slots.end(agent.name) };
  } catch (error) {
    slots.end(agent.name);
    throw error;
  }
}

function notMade({ stage, prompt }: Question, detail: string, isInterrupted: boolean) {
  const now = machineClockMs();
  const invalid: Invalid = { reason: isInterrupted ? 'cancelled' : 'connection', detail };
  const moments = { sentMs: now, firstTextMs: undefined, endMs: now };
  return { stage, prompt, response: '', ...moments, largestReadBytes: 0, metrics: {}, invalid, isDisturbed: false };
}
