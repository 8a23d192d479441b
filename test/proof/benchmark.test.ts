/** Benchmarks in a stack of real processes that are killed: they go on, no call is doubled in the files, and no process stays. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResults } from '../../bench/results/read.ts';
import type { BenchmarkView } from '../../supervisor/benchmarks/views.ts';
import { argumentsOf, childrenOf } from '../fixtures/child-processes.ts';
import type { EventReader, SeenEvent } from './event-reader.ts';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const LONGEST_MS = 60_000;
const PACE = { ttftMs: 50, tokensPerSecond: 300 };
const REQUEST = {
  backends: { collector: 'simulator', insight: 'simulator' },
  ...{ runs: 4, design: 'legacy', num_predict: 40, key: 'one' },
};

async function begin(stack: StackUnderTest): Promise<BenchmarkView> {
  const { status, body } = await stack.client.post<BenchmarkView>('/benchmarks', REQUEST);
  expect(status).toBe(202);
  return body;
}

function ended(stack: StackUnderTest, id: string): Promise<BenchmarkView> {
  const look = async (): Promise<BenchmarkView | undefined> => {
    const { status, body } = await stack.client.get<BenchmarkView>(`/benchmarks/${id}?wait=5`);
    return status === 200 && body.ended_at !== undefined ? body : undefined;
  };
  return until(`the end of benchmark ${id}`, look, LONGEST_MS);
}

/** The k-th part has been measured. */
function part(reader: EventReader, count: number): Promise<SeenEvent> {
  const isPart = (event: SeenEvent): boolean => event.type === 'benchmark-progress' && event.what !== undefined;
  return reader.next((event) => isPart(event) && reader.events.filter(isPart).indexOf(event) === count - 1);
}

/** Every run once, with its four calls, which the server was really asked. */
async function expectWhole(stack: StackUnderTest, view: BenchmarkView, allAsked: number | undefined): Promise<void> {
  expect(view).toMatchObject({ state: 'finished', done: 4, result: { valid_runs: 4 } });
  const { runs, problems } = readResults(view.folder);
  expect(problems).toEqual([]);
  expect(runs.map(({ content }) => content.run_number).sort()).toEqual([1, 2, 3, 4]);
  const sent = runs.flatMap(({ content }) => content.schedule.map(({ sent_ms }) => sent_ms));
  expect(new Set(sent).size).toBe(4 * 4);
  const completed = (await stack.client.modelCalls()).filter(({ outcome }) => outcome === 'completed');
  if (allAsked !== undefined) expect(completed.length).toBeGreaterThanOrEqual(allAsked);
}

test('kill -9 of the supervisor in mid-benchmark, twice: it goes on, ends once, and leaves no process', async () => {
  const stack = await startedStack({ flags: ['--backend', 'simulator'] });
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const { benchmark } = await begin(stack);
  for (const count of [1, 3]) {
    await part(reader, count);
    const pid = stack.pid('supervisor');
    const driver = await until('the process of the benchmark', () => childrenOf(pid, 'benchmark.mjs')[0]);
    const temporary = argumentsOf(driver).at(-1) ?? '';
    expect(existsSync(temporary)).toBe(true);
    stack.kill('supervisor');
    await until('another supervisor', () => ![0, pid].includes(stack.pid('supervisor')));
    await until('the end of the first process', () => !existsSync(`/proc/${driver}/cmdline`));
    expect(existsSync(temporary)).toBe(false);
  }
  await expectWhole(stack, await ended(stack, benchmark), 16);
  // Acknowledged once: the same key joins it.
  expect((await begin(stack)).benchmark).toBe(benchmark);
  await reader.next(({ type }) => type === 'benchmark-end');
  expect(reader.events.filter(({ type }) => type === 'benchmark-end')).toHaveLength(1);
  await stack.assertNoOrphans();
  await stack.stop();
});

test('kill -9 of init, and with it of everything: the next start goes on', async () => {
  const stack = await startedStack({ flags: ['--backend', 'simulator'] });
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const { benchmark } = await begin(stack);
  await part(reader, 2);
  stack.kill('init');
  await stack.initEnded();
  await stack.assertNoProcess();
  await stack.start();
  await expectWhole(stack, await ended(stack, benchmark), undefined);
  await stack.stop();
});

test('a stack that is stopped in mid-benchmark leaves no process, and the next start goes on; chats are answered meanwhile', async () => {
  const stack = await startedStack({ flags: ['--backend', 'simulator'] });
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const { benchmark } = await begin(stack);
  await part(reader, 1);
  const run = await stack.client.send('assistant', { content: 'say: hello' });
  expect(await stack.client.ended(run)).toMatchObject({ status: 'answered', content: 'hello' });
  await stack.stop();
  expect(existsSync(join(stack.data, 'benchmarks', benchmark))).toBe(true);
  await stack.start();
  await expectWhole(stack, await ended(stack, benchmark), undefined);
  await stack.stop();
});
