/** What drives a benchmark for a stack, when it is interrupted: what was measured is summed up for whoever waits for that, and for nobody else. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { driveBenchmark } from '../../bench/in-stack/measure.ts';
import { OWN_SERVERS } from '../../bench/schedule/slots.ts';
import type { BenchmarkOrder, BenchmarkOutcome } from '../../supervisor/benchmarks/messages.ts';
import { folder, simulator } from './two-simulators.ts';

/** Interrupts it when the first of its runs is written. */
async function interrupted(results: string, isHeard: boolean): Promise<BenchmarkOutcome> {
  const { url } = await simulator({ slots: 2 });
  const backends = { collector: 'simulator', insight: 'simulator' };
  const server = { name: 'simulator', url };
  const order: BenchmarkOrder = {
    request: { backends, runs: 50, design: 'legacy', num_predict: 8 },
    ...{ model: 'gemma3:latest', folder: results, servers: [server, server], warnings: [] },
  };
  const leaving = new AbortController();
  const ends: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const tell = ({ done }: { done: number }): void => {
    if (done > 0) leaving.abort();
  };
  return driveBenchmark({ order, slots: OWN_SERVERS, interrupt: leaving.signal, tell, isHeard: () => isHeard, ends });
}

test.each([true, false])('interrupted while somebody waits for the outcome: %s', async (isHeard) => {
  const results = join(folder(), 'results');
  const { isWhole, result } = await interrupted(results, isHeard);
  expect(isWhole).toBe(false);
  expect(readdirSync(results)).toContain('run_1');
  expect(result !== undefined).toBe(isHeard);
  expect(existsSync(join(results, 'report.md'))).toBe(isHeard);
});
