/** Where agents run in each runtime, as the files say it, and how large their reads are. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNTIMES, type RuntimeName } from '../../../bench/choices.ts';
import { readResults } from '../../../bench/results/read.ts';
import { runConfiguration } from '../../../bench/run/configuration.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import { folder, settings, simulator, surroundingsOn } from '../two-simulators.ts';

const SMALL_READ_BYTES = 1024;

/** The concurrent part of a run in this runtime, from its file. */
async function concurrentPart(runtime: RuntimeName) {
  // As fast as it is read: then much comes at once. Long enough before that for the other agent to begin.
  const pace = { tokensPerSecond: 0, ttftMs: 100 };
  const servers = [await simulator(pace), await simulator(pace)] as const;
  const surroundings = await surroundingsOn([servers[0].url, servers[1].url], runtime);
  const path = join(folder(), 'results');
  const given = settings({ runtime, design: 'legacy' });
  await runConfiguration(given, surroundings, ResultFolder.open(path, given, false));
  const [run] = readResults(path).runs;
  const part = run?.content.measurements.find(({ kind }) => kind === 'concurrent');
  if (run === undefined || part === undefined) throw new Error('there is no concurrent part');
  expect(run.content.runtime).toBe(runtime);
  expect(run.content.summary.efficiency_percent).toBeGreaterThan(0);
  return { part, processes: idsOf('process_id'), threads: idsOf('thread_id') };

  function idsOf(name: 'process_id' | 'thread_id'): Set<number | undefined> {
    return new Set(part?.agents.map((agent) => agent[name]));
  }
}

describe.each(['', '-1kb'] as const)('%s', (suffix) => {
  test('process: two processes', async () => {
    const { part, processes } = await concurrentPart(`process${suffix}`);
    expect(processes.size).toBe(2);
    expect(processes).not.toContain(process.pid);
    expect(part.overlap_fraction).toBeGreaterThan(0);
  });

  test('worker: one process with two threads', async () => {
    const { part, processes, threads } = await concurrentPart(`worker${suffix}`);
    expect(processes).toEqual(new Set([process.pid]));
    expect(threads.size).toBe(2);
    expect(threads).not.toContain(0);
    expect(part.overlap_fraction).toBeGreaterThan(0);
  });

  test('inline: one thread', async () => {
    const { part, processes, threads } = await concurrentPart(`inline${suffix}`);
    expect([processes, threads]).toEqual([new Set([process.pid]), new Set([0])]);
    expect(part.overlap_fraction).toBeGreaterThan(0);
  });

  test('serial: no two calls at once, and half the balance', async () => {
    const { part, threads } = await concurrentPart(`serial${suffix}`);
    expect(threads).toEqual(new Set([0]));
    expect(part.overlap_fraction).toBe(0);
    const [first, second] = part.agents;
    const busy = (first?.execution_time_s ?? 0) + (second?.execution_time_s ?? 0);
    expect(busy / part.wall_time_s).toBeLessThanOrEqual(1);
  });
});

test.each(RUNTIMES.filter((name) => name.endsWith('-1kb')))('%s reads 1,024 bytes at most', async (runtime) => {
  const { part } = await concurrentPart(runtime);
  const largest = part.agents.map(({ largest_read_bytes: bytes = 0 }) => bytes);
  expect(Math.max(...largest)).toBeLessThanOrEqual(SMALL_READ_BYTES);
  expect(Math.min(...largest)).toBeGreaterThan(0);
});

test('without -1kb a read is as large as it comes', async () => {
  const { part } = await concurrentPart('inline');
  expect(Math.max(...part.agents.map(({ largest_read_bytes: bytes = 0 }) => bytes))).toBeGreaterThan(SMALL_READ_BYTES);
});
