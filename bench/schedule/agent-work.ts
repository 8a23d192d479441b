/** The whole work of one agent in a measurement: ingest, calls, and what came of them. */
import { machineClockMs } from '../../agent/call-timing.ts';
import type { WorkloadName } from '../choices.ts';
import type { Runtime } from '../runtimes/start.ts';
import { type Part, type Work, work } from '../workload/workload.ts';
import type { CallRecord, CallSettings } from './call.ts';
import { callInSlot } from './call-in-slot.ts';
import type { Semaphore } from './semaphore.ts';
import type { Slots } from './slots.ts';
import type { Invalid } from './validity.ts';

/** Names of the two agents, on the bus and in the schedule. */
export const PAIR = ['a', 'b'] as const;

/** An agent as it is measured. */
export interface MeasuredAgent extends CallSettings {
  /** `a`, `b`, … */
  name: string;
  part: Part;
}

/** What all measurements of a benchmark have in common. */
export interface Bench {
  runtime: Runtime;
  workload: WorkloadName;
  /** Folder to ingest. */
  corpus: string;
  /** How many calls are made at a time. */
  calls: Semaphore;
  /** Of the model servers. */
  slots: Slots;
  interrupt: AbortSignal;
}

/** Moments: milliseconds on the machine's clock. */
export interface AgentRecord {
  agent: string;
  startedMs: number;
  /** The end of its last call, as the agent itself saw it. */
  endedMs: number;
  /** Milliseconds within it that it waited for a slot that others had. */
  slotWaitMs: number;
  work: Work;
  calls: CallRecord[];
  /** Of its first invalid call. */
  invalid: Invalid | undefined;
}

/** Does an agent's work. @throws Error the corpus cannot be read, or the agent is gone */
export async function workOf(bench: Bench, agent: MeasuredAgent): Promise<AgentRecord> {
  const startedMs = machineClockMs();
  const calls: CallRecord[] = [];
  const ask = async (stage: string, prompt: string): Promise<string | undefined> => {
    const waitsSince = machineClockMs();
    const call = await bench.calls.use(async () => {
      const waitedMs = machineClockMs() - waitsSince;
      return { ...(await callInSlot(bench, agent, { stage, prompt })), waitedMs };
    });
    calls.push(call);
    return call.invalid === undefined ? call.response : undefined;
  };
  const done = await work(bench.workload, agent.part, bench.corpus, ask).finally(() =>
    bench.slots.giveBack(agent.name),
  );
  return {
    agent: agent.name,
    startedMs,
    endedMs: calls.at(-1)?.endMs ?? machineClockMs(),
    slotWaitMs: calls.reduce((sum, call) => sum + call.slotWaitMs, 0),
    work: done,
    calls,
    invalid: calls.find(({ invalid }) => invalid !== undefined)?.invalid,
  };
}
