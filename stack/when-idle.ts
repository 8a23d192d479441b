/** Waits for open turns to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../supervisor/engine.ts';

const LOOK_MS = 20;

/** Resolves when no turn is open, at the latest after `graceMs`. */
export async function whenIdle(engine: Engine, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline && engine.bench.runs.all().some(({ turn }) => turn !== undefined)) {
    await sleep(LOOK_MS);
  }
}
