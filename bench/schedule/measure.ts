/** One timed part of a run: its agents are let go at a common moment, and it lasts until the last of them has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { machineClockMs } from '../../agent/call-timing.ts';
import type { Kind } from '../results/recording.ts';
import { type AgentRecord, type Bench, type MeasuredAgent, workOf } from './agent-work.ts';
import { Semaphore } from './semaphore.ts';

/** Moments: milliseconds on the machine's clock. */
export interface MeasurementRecord {
  kind: Kind;
  releasedMs: number;
  /** When the last agent's end had reached the benchmark. */
  endedMs: number;
  agents: AgentRecord[];
}

/**
 * Measures these agents: `serial` one after the other in their order, anything else at once, each `staggerMs` after the one before it.
 * In a serial runtime each agent's time begins when it has the mutex. Slots are held before the release.
 */
export async function measure(
  bench: Bench,
  kind: Kind,
  agents: readonly MeasuredAgent[],
  staggerMs = 0,
): Promise<MeasurementRecord> {
  const isInTurns = kind === 'serial' || bench.runtime.isSerial;
  const mutex = new Semaphore(isInTurns ? 1 : agents.length);
  // Whoever waits for the other's end would keep an idle slot from others.
  const together = isInTurns ? agents.slice(0, 1) : agents;
  await bench.slots.take(together.map(({ name }) => name));
  const releasedMs = machineClockMs();
  const records = await Promise.all(
    agents.map(async (agent, index) => {
      if (staggerMs > 0 && kind === 'concurrent' && index > 0) await stagger(index * staggerMs, bench.interrupt);
      return mutex.use(() => workOf(bench, agent));
    }),
  );
  return { kind, releasedMs, endedMs: machineClockMs(), agents: records };
}

async function stagger(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
