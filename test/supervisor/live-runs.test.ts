/** The order in which waiting runs are served. */
import { expect, test } from 'vitest';
import type { Limits } from '../../supervisor/choose-runs.ts';
import { LiveRun } from '../../supervisor/runs/live-run.ts';
import { LiveRuns, type Router } from '../../supervisor/runs/live-runs.ts';
import { waitingRun as run } from './waiting-run.ts';

const slots = (count: number): Limits => ({
  agent: () => Number.POSITIVE_INFINITY,
  backend: () => count,
  groupOf: () => undefined,
  group: () => 0,
});

const to = (place: string): Router => ({
  routeOf: () => ({ place, members: [place], resource: place }),
  accepts: () => true,
  memberFor: () => place,
});

const take = (runs: LiveRuns, count: number, place = 'own'): number[] =>
  runs.takeStartable(slots(count), to(place)).runs.map(({ number }) => number);

test('runs that lost their slots go first, older ones before younger ones, whichever lost it first', () => {
  const runs = new LiveRuns();
  const [first, second, third, fourth] = [run(1), run(2), run(3), run(4)];
  for (const each of [first, second, third, fourth]) runs.add(each);
  expect(take(runs, 3)).toEqual([1, 2, 3]);
  for (const each of [first, second, third]) each.row.status = 'running';
  for (const each of [second, third, first]) runs.addFirst(each);
  expect(take(runs, 9)).toEqual([1, 2, 3, 4]);
});

test('a run works where it is sent to; one that is paused there can go elsewhere', () => {
  const runs = new LiveRuns();
  const paused = run(1);
  paused.pausedOn = 'own';
  runs.add(paused);
  expect(take(runs, 1)).toEqual([]);
  expect(paused.phase).toBe('waiting');
  expect(take(runs, 1, 'other')).toEqual([1]);
  expect([paused.phase, paused.backend, paused.ownPlace]).toEqual(['between', 'other', 'own']);
});

test('what somebody waits for goes before swarms and letters, and these before benchmarks; each by itself in the order of arrival', () => {
  const runs = new LiveRuns();
  const origins = ['benchmark', 'agent', 'benchmark', 'interactive', 'swarm', 'interactive'] as const;
  for (const [index, origin] of origins.entries()) runs.add(run(index + 1, { origin }));
  const order = origins.flatMap(() => take(runs, 1));
  expect(order).toEqual([4]);
  for (let count = 1; count < origins.length; count++) {
    for (const working of runs.all().filter(({ phase }) => phase !== 'waiting')) runs.remove(working);
    order.push(...take(runs, 1));
  }
  expect(order).toEqual([4, 6, 2, 5, 1, 3]);
});

test('a thousand runs of one agent that wait for a full pool are one question each to the router and its members', () => {
  const runs = new LiveRuns();
  const first = run(0);
  for (let number = 1; number <= 1000; number++) runs.add(new LiveRun(run(number).row, first.agent, 'own', 0));
  const members = ['one', 'two'];
  let asked = 0;
  const ask = <T>(answer: T): T => {
    asked++;
    return answer;
  };
  const full: Limits = { ...slots(0), backend: () => ask(0) };
  const router: Router = { ...to('own'), routeOf: () => ask({ place: 'own', members, resource: 'own' }) };
  expect(runs.takeStartable(full, router).runs).toEqual([]);
  expect(runs.wouldStart(full, router, [])).toEqual([]);
  expect(asked).toBeLessThanOrEqual(2 * (1 + members.length));
});
