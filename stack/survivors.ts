/** Ends processes of a stack whose init is gone. Only those are touched whose start time is the recorded one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedProcess } from './pid-file.ts';
import { isAlive, signalProcess } from './process-identity.ts';

/** Children notice by themselves that init is gone; this is more than they take for it. */
const SOFT_MS = 1500;
const HARD_MS = 2000;
const LOOK_MS = 20;

/** Asks them to end, then kills what is left; returns those that lived. */
export async function endSurvivors(processes: readonly RecordedProcess[]): Promise<RecordedProcess[]> {
  const survivors = processes.filter((recorded) => recorded.pid !== process.pid && isAlive(recorded));
  for (const survivor of survivors) signalProcess(survivor, 'SIGTERM');
  if (await haveEnded(survivors, SOFT_MS)) return survivors;
  for (const survivor of survivors) signalProcess(survivor, 'SIGKILL');
  await haveEnded(survivors, HARD_MS);
  return survivors;
}

/** Waits until none of them lives any more, at most `milliseconds`; whether that came true. */
export async function haveEnded(processes: readonly RecordedProcess[], milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    // They are no children of this process: nobody tells it of their end.
    if (!processes.some(isAlive)) return true;
    if (performance.now() >= deadline) return false;
    await sleep(LOOK_MS);
  }
}
