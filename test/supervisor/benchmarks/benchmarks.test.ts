/** Benchmarks of a real stack in one process: each is driven by a real process of its own, as in a stack of processes. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LoggedRequest } from '../../../agent/backend/simulator/request-log.ts';
import type { BenchmarkRequest } from '../../../bench/request.ts';
import { readResults } from '../../../bench/results/read.ts';
import type { BenchmarkView } from '../../../supervisor/benchmarks/views.ts';
import { InterjectError } from '../../../supervisor/errors.ts';
import { argumentsOf, childrenOf, isRunning } from '../../fixtures/child-processes.ts';
import { mostAtOnce } from '../model-calls.ts';
import type { RunningStack } from '../running-stack.ts';
import { onServers } from './two-servers.ts';

const BACKENDS = { collector: 'one', insight: 'two' };
/** A call takes a tenth of a second. */
const PACE = { ttftMs: 20, tokensPerSecond: 500 };
const SHORT: BenchmarkRequest = { backends: BACKENDS, num_predict: 40, runs: 1, design: 'legacy' };

async function begin(stack: RunningStack, request: Partial<BenchmarkRequest> = {}): Promise<BenchmarkView> {
  return stack.supervisor.benchmarks.start({ ...SHORT, ...request }, undefined);
}

async function ended(stack: RunningStack, { benchmark }: Pick<BenchmarkView, 'benchmark'>): Promise<BenchmarkView> {
  const view = await stack.supervisor.benchmarks.wait(benchmark, 100_000);
  if (view.ended_at === undefined) throw new Error(`it did not end: ${JSON.stringify(view)}`);
  return view;
}

/** Resolves when this has been measured so many times. */
async function measured(stack: RunningStack, { benchmark }: Pick<BenchmarkView, 'benchmark'>, count: number) {
  let seen = 0;
  await stack.eventsUntil({ benchmark }, ({ type, what }) => {
    if (type === 'benchmark-progress' && what !== undefined) seen++;
    return seen === count;
  });
}

const isChat = ({ messages }: LoggedRequest): boolean => messages.some(({ content }) => content.startsWith('say: '));

describe('a benchmark', () => {
  test('is recorded, measured, written and summed up; its events tell how far it is', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    const begun = await begin(stack, { runs: 2, design: 'sound' });
    expect(begun).toMatchObject({ state: 'running', done: 0, runs: 2, backends: BACKENDS });
    const view = await ended(stack, begun);
    expect(view).toMatchObject({
      state: 'finished',
      done: 2,
      result: { valid_runs: 2, disturbed_runs: 0, runs: [{ run: 1, invalid: [] }, { run: 2 }] },
    });
    expect(view.result?.true_speedup).toBeGreaterThan(1);
    // On a busy machine two runs may not be enough to conclude anything of it.
    const said = [...(view.result?.concluded ?? []), ...(view.result?.not_concluded ?? [])].join('\n');
    expect(said).toMatch(/true speed-up/i);
    expect(view.result?.summary).toHaveLength(3);
    expect(view.folder).toBe(join(stack.folder, 'benchmarks', view.benchmark));
    const files = ['report.html', 'report.md', 'run_1', 'run_2', 'summary.json', 'summary.md'];
    expect(readdirSync(view.folder).sort()).toEqual(files);
    const events = await stack.eventsUntil({ benchmark: view.benchmark }, ({ type }) => type === 'benchmark-end');
    expect(events[0]).toMatchObject({ type: 'benchmark-start', collector: 'one', insight: 'two', runs: 2 });
    expect(events.at(-1)).toMatchObject({ state: 'finished' });
    const parts = events.filter(({ what }) => what !== undefined);
    expect(parts.map(({ what }) => what).slice(0, 5)).toEqual([
      ...['warm-up, warm-up', 'run 1, solo a', 'run 1, solo b', 'run 1, serial', 'run 1, concurrent'],
    ]);
    expect(parts.at(-1)).toMatchObject({ runs: 2, ms: expect.any(Number), remaining_ms: 0 });
    const [first] = readResults(view.folder).runs;
    const processes = first?.content.measurements.flatMap(({ agents }) => agents.map(({ process_id: id }) => id ?? 0));
    expect(new Set(processes).size).toBe(2);
    expect(processes?.filter(isRunning)).toEqual([]);
    expect(stack.engine.bench.leases.areThere).toBe(false);
  });

  test('follows another one, newest first in the list; the same key is the same benchmark', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    const { benchmarks } = stack.supervisor;
    const first = await benchmarks.start(SHORT, 'k');
    const second = await begin(stack, { backends: { collector: 'one', insight: 'one' } });
    expect(second.state).toBe('queued');
    expect((await benchmarks.start(SHORT, 'k')).benchmark).toBe(first.benchmark);
    const other = benchmarks.start({ ...SHORT, runs: 2 }, 'k');
    await expect(other).rejects.toEqual(new InterjectError('key_conflict'));
    const ends = [await ended(stack, second), await ended(stack, first)];
    expect(ends.map(({ state }) => state)).toEqual(['finished', 'finished']);
    expect(ends[0]?.started_at).toBeGreaterThanOrEqual(ends[1]?.ended_at ?? Number.NaN);
    expect(ends[0]?.result?.warnings.join()).toContain('both agents ask one server');
    expect(ends[0]?.result?.warnings.join()).toContain('both agents at once share the one slot of one: two of their');
    const noOptions = expect.stringContaining('effectively baseline against baseline');
    expect(ends[1]?.result?.warnings).toEqual([noOptions]);
    expect(benchmarks.list().map(({ benchmark }) => benchmark)).toEqual([second.benchmark, first.benchmark]);
  });

  test('goes on under the next supervisor, and measures no run twice', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    const begun = await begin(stack, { runs: 4 });
    const waiting = await begin(stack);
    await measured(stack, begun, 2);
    await stack.stopSupervisor();
    expect(childrenOf(process.pid, 'benchmark.mjs')).toEqual([]);
    const before = readResults(begun.folder).runs.map(({ content }) => content.schedule[0]?.sent_ms);
    await stack.startSupervisor();
    const view = await ended(stack, begun);
    expect(view).toMatchObject({ state: 'finished', done: 4, result: { valid_runs: 4 } });
    const after = readResults(begun.folder).runs.map(({ content }) => content.schedule[0]?.sent_ms);
    expect(before.length).toBeGreaterThan(0);
    expect(after.slice(0, before.length)).toEqual(before);
    expect((await ended(stack, waiting)).state).toBe('finished');
  });

  test('whose process is killed goes on in another one; one whose processes always die has failed', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    const begun = await begin(stack, { runs: 6 });
    await measured(stack, begun, 2);
    const [pid = 0] = childrenOf(process.pid, 'benchmark.mjs');
    const agents = childrenOf(pid, 'agent.mjs');
    expect(agents).toHaveLength(2);
    const temporary = argumentsOf(pid).at(-1) ?? '';
    expect(existsSync(temporary)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await stack.until(() => !existsSync(temporary));
    await stack.until(() => agents.every((agent) => !isRunning(agent)));
    expect(await ended(stack, begun)).toMatchObject({ state: 'finished', result: { valid_runs: 6 } });
    const events = await stack.eventsUntil(begun, ({ type }) => type === 'benchmark-end');
    expect(events.flatMap(({ note }) => note ?? [])).toEqual(['its process ended: signal SIGKILL']);

    const doomed = await begin(stack, { runs: 6 });
    for (let death = 0; death < 3; death++) {
      let [victim] = childrenOf(process.pid, 'benchmark.mjs');
      await stack.until(() => {
        [victim] = childrenOf(process.pid, 'benchmark.mjs');
        return victim !== undefined;
      });
      process.kill(victim ?? Number.NaN, 'SIGKILL');
      await stack.until(() => !isRunning(victim ?? 0));
    }
    expect(await ended(stack, doomed)).toMatchObject({
      state: 'failed',
      error: 'its process died 3 times in one run: signal SIGKILL',
    });
    expect(stack.engine.bench.leases.areThere).toBe(false);
  });

  test('whose process cannot be started has failed, and the next one has its turn', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    vi.stubEnv('TMPDIR', join(stack.folder, 'none'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const failed = await ended(stack, await begin(stack));
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('ENOENT') });
    vi.unstubAllEnvs();
    expect(await ended(stack, await begin(stack))).toMatchObject({ state: 'finished' });
  });

  test('is stopped: what was measured is kept and summed up; one that waits is over at once', async () => {
    const { stack } = await onServers({ one: PACE, two: PACE });
    const begun = await begin(stack, { runs: 500 });
    const waiting = await begin(stack);
    await measured(stack, begun, 2);
    expect(await stack.supervisor.benchmarks.stop(waiting.benchmark)).toMatchObject({ state: 'stopped', done: 0 });
    expect((await stack.supervisor.benchmarks.stop(begun.benchmark)).state).toBe('stopping');
    const view = await ended(stack, begun);
    expect(view.state).toBe('stopped');
    expect(view.result?.valid_runs).toBeGreaterThan(0);
    expect(view.done).toBe(view.result?.runs.length);
    expect(readResults(view.folder).summaries[0]?.content).toMatchObject({ interrupted: true, runs_planned: 500 });
    expect(existsSync(join(view.folder, 'report.md'))).toBe(true);
    expect(await stack.supervisor.benchmarks.stop(begun.benchmark)).toEqual(view);
    const events = await stack.eventsUntil(begun, ({ type }) => type === 'benchmark-end');
    expect(events.filter(({ type }) => type === 'benchmark-end')).toHaveLength(1);
  });

  test('of a model that its servers do not have has invalid calls, and says so before', async () => {
    const { stack } = await onServers({ one: { ...PACE, models: ['other'] }, two: PACE });
    const begun = await begin(stack, { model: 'missing' });
    const view = await ended(stack, begun);
    expect(view).toMatchObject({ state: 'finished', result: { valid_runs: 0 } });
    const missing = expect.stringContaining('does not have the model missing');
    expect(view.result?.warnings).toEqual([missing, missing, expect.stringContaining('no --chimera-… option')]);
    const events = await stack.eventsUntil(begun, ({ type }) => type === 'benchmark-end');
    expect(events[1]).toMatchObject({ type: 'benchmark-progress', done: 0, note: missing });
  });

  test('on a server that dies has invalid calls that name it, and goes on', async () => {
    const { stack, servers } = await onServers({ one: PACE, two: PACE });
    const begun = await begin(stack, { runs: 3 });
    await measured(stack, begun, 1);
    await servers.two?.close();
    stack.engine.bench.backends.check('two');
    const view = await ended(stack, begun);
    expect(view).toMatchObject({ state: 'finished', done: 3 });
    expect(view.result?.runs.at(-1)).not.toHaveProperty('wall_time_s');
    expect(view.result?.runs.at(-1)?.invalid.join()).toMatch(/connection: two is down: \S/);
  });
});

describe('chats beside a benchmark', () => {
  test('wait for one call at most, and no slot is used twice', async () => {
    const { stack, servers } = await onServers({ one: { ...PACE, ttftMs: 100 }, two: { ...PACE, ttftMs: 100 } });
    const begun = await begin(stack, { runs: 500, design: 'sound' });
    await measured(stack, begun, 1);
    for (let message = 0; message < 8; message++) {
      const sentAt = performance.timeOrigin + performance.now();
      await stack.ask(`say: hello ${message}`);
      const asked = servers.one?.requests() ?? [];
      const [own] = asked.filter(({ messages }) => messages.at(-1)?.content === `say: hello ${message}`);
      const before = asked.filter(
        (one) => !isChat(one) && (one.endedAt ?? Infinity) > sentAt && one.id < (own?.id ?? 0),
      );
      expect(before.length, `calls before message ${message}`).toBeLessThanOrEqual(1);
    }
    await stack.until(() => stack.supervisor.benchmarks.view(begun.benchmark).done > 0);
    await stack.supervisor.benchmarks.stop(begun.benchmark);
    const view = await ended(stack, begun);
    for (const server of Object.values(servers)) expect(mostAtOnce(server.requests())).toBe(1);
    const waits = readResults(view.folder).runs.flatMap(({ content }) => content.schedule);
    expect(waits.filter(({ kind, slot_wait_ms }) => kind === 'concurrent' && (slot_wait_ms ?? 0) > 0)).toEqual([]);
  });

  test('are told in the files of the calls that they disturbed, and in the result', async () => {
    const named = { one: { ...PACE, slots: 2 }, two: PACE };
    const { stack } = await onServers(named);
    const run = await stack.say(`say: ${'word '.repeat(5000)}`);
    await stack.event(run, 'turn-start');
    const view = await ended(stack, await begin(stack, { runs: 1 }));
    await stack.supervisor.stopRun(run);
    expect(view.result).toMatchObject({ disturbed_runs: 1, runs: [{ disturbed_calls: 2 }] });
    expect(view.result?.not_concluded.join('\n')).toContain('others were at work on the same server or GPU');
    const schedule = readResults(view.folder).runs[0]?.content.schedule ?? [];
    expect(schedule.map(({ agent, disturbed_by_turns }) => [agent, disturbed_by_turns]).sort()).toEqual([
      ['a', true],
      ['a', true],
      ['b', undefined],
      ['b', undefined],
    ]);
  });
});
