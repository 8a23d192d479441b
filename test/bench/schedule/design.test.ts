/** The order of measurements, the semaphore, and what the times of a measurement say. */
import { describe, expect, test } from 'vitest';
import { benchOf, measuredAgent } from '../../../bench/run/configuration.ts';
import { measurementField } from '../../../bench/run/recording-fields.ts';
import { PAIR } from '../../../bench/schedule/agent-work.ts';
import { stepsOf } from '../../../bench/schedule/design.ts';
import { type MeasurementRecord, measure } from '../../../bench/schedule/measure.ts';
import { Semaphore } from '../../../bench/schedule/semaphore.ts';
import { settings, simulator, surroundingsOn } from '../two-simulators.ts';

const order = (run: number) => stepsOf('sound', run, PAIR).map(({ kind, agents }) => `${kind} ${agents.join('')}`);
const FORWARDS = ['solo a', 'solo b', 'serial ab', 'concurrent ab'];
const BACKWARDS = ['concurrent ab', 'serial ba', 'solo b', 'solo a'];

test('sound: forwards, backwards, backwards, forwards', () => {
  expect([1, 2, 3, 4, 5].map(order)).toEqual([FORWARDS, BACKWARDS, BACKWARDS, FORWARDS, FORWARDS]);
});

test('legacy: both at once only', () => {
  expect(stepsOf('legacy', 2, PAIR)).toEqual([{ kind: 'concurrent', agents: PAIR }]);
});

test('a semaphore lets so many in, first come, first served', async () => {
  const semaphore = new Semaphore(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((number) =>
    semaphore.use(() => {
      begun.push(number);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await works[1];
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  await works[2];
  await Promise.resolve();
  ends[3]?.();
  await Promise.all(works);
  await expect(semaphore.use(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
  await semaphore.use(async () => {});
});

describe('measured on simulators', () => {
  /** One slot each, 60 tokens a second: a work takes about a second. */
  const PACE = { ttftMs: 60, tokensPerSecond: 60, slots: 1 };

  async function bench(urls: readonly [string, string], given = {}) {
    const surroundings = await surroundingsOn(urls);
    const all = settings(given);
    const agents = PAIR.map((name, index) => measuredAgent(name, index, {}, all));
    const measured = benchOf(all, surroundings);
    const field = (record: MeasurementRecord) =>
      measurementField({ block: 1, order: 0, record }, surroundings.runtime.identities);
    return { measured, agents, field };
  }

  test('one instance with one slot: nothing is gained, while the balance looks good', async () => {
    const { url } = await simulator(PACE);
    const { measured, agents, field } = await bench([url, url]);
    const serial = field(await measure(measured, 'serial', agents));
    const both = field(await measure(measured, 'concurrent', agents));
    const speedup = serial.wall_time_s / both.wall_time_s;
    const busy = both.agents.reduce((sum, agent) => sum + agent.execution_time_s, 0);
    // On a quiet machine it is 1.0 ± 0.01; two servers would make it 2.
    expect(speedup).toBeGreaterThan(0.7);
    expect(speedup).toBeLessThan(1.4);
    expect((50 * busy) / both.wall_time_s).toBeGreaterThan(75);
  });

  test('two instances: both agents are let go at once, and wall time is the slower one and little more', async () => {
    const urls = [(await simulator(PACE)).url, (await simulator(PACE)).url] as const;
    const { measured, agents, field } = await bench(urls);
    const both = field(await measure(measured, 'concurrent', agents));
    const times = both.agents.map(({ execution_time_s: seconds }) => seconds);
    expect(both.wall_time_s).toBeGreaterThanOrEqual(Math.max(...times));
    expect(both.wall_time_s - Math.max(...times)).toBeLessThan(1);
    expect(both.overlap_fraction).toBeGreaterThan(0.5);
    for (const agent of both.agents) expect(agent.started_ms - both.released_ms).toBeLessThan(500);
  });

  test('the same seed gives the same tokens, call by call', async () => {
    const urls = [(await simulator()).url, (await simulator()).url] as const;
    const tokens = async (seed: number) => {
      const { measured, agents } = await bench(urls, { seed });
      const { agents: records } = await measure(measured, 'concurrent', agents);
      return records.map(({ calls }) => calls.map(({ metrics, response }) => [metrics.tokens_generated, response]));
    };
    const first = await tokens(42);
    expect(await tokens(42)).toEqual(first);
    expect(await tokens(43)).not.toEqual(first);
  });

  test('--max-concurrent: one call at a time, and how long the others waited', async () => {
    const urls = [(await simulator()).url, (await simulator()).url] as const;
    const { measured, agents, field } = await bench(urls, { max_concurrent: 1 });
    const record = await measure(measured, 'concurrent', agents);
    expect(field(record).overlap_fraction).toBe(0);
    expect(Math.max(...record.agents.flatMap(({ calls }) => calls.map(({ waitedMs }) => waitedMs)))).toBeGreaterThan(4);
  });

  test('--stagger-ms: the second agent begins so much later', async () => {
    const urls = [(await simulator()).url, (await simulator()).url] as const;
    const { measured, agents } = await bench(urls);
    const { releasedMs, agents: records } = await measure(measured, 'concurrent', agents, 60);
    const begun = records.map(({ startedMs }) => startedMs - releasedMs);
    expect(begun[1]).toBeGreaterThan(58);
    expect(begun[0]).toBeLessThan(begun[1] ?? 0);
  });
});
