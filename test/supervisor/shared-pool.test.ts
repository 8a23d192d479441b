/** How agents share a pool of which some may use one member only. Time is simulated; what is shared is milliseconds of slots. */
import { expect, test } from 'vitest';
import { jainIndex } from '../../bench/costs/jain-index.ts';
import type { Limits } from '../../supervisor/choose-runs.ts';
import type { LiveRun } from '../../supervisor/runs/live-run.ts';
import { LiveRuns, type Router } from '../../supervisor/runs/live-runs.ts';
import { waitingRun } from './waiting-run.ts';

interface Greedy {
  agent: string;
  /** How long its answers take. */
  ms: number;
  /** The backends that will do. */
  members: readonly string[];
  /** When it comes; default: at once. */
  fromMs?: number;
}

/** Every agent always wants more in three chats, of two servers with a slot each; returns the milliseconds of slots that each had. */
function compete(agents: readonly Greedy[], untilMs: number): number[] {
  let now = 0;
  const runs = new LiveRuns(() => now);
  const ends = new Map<LiveRun, number>();
  const used = new Map<string, number>();
  const of = (run: LiveRun): Greedy => agents.find(({ agent }) => agent === run.row.agent) as Greedy;
  let count = 0;
  const say = (agent: Greedy, chat: string): void => runs.add(waitingRun(++count, { ...agent, chat }));
  const late = new Set(agents);
  const come = (): void => {
    for (const agent of late) {
      if ((agent.fromMs ?? 0) > now) continue;
      late.delete(agent);
      for (const chat of ['1', '2', '3']) say(agent, chat);
    }
  };
  const limits: Limits = {
    agent: () => Number.POSITIVE_INFINITY,
    backend: () => 1,
    groupOf: () => undefined,
    group: () => 0,
  };
  const router: Router = {
    routeOf: (run) => ({ place: 'both', members: of(run).members, resource: 'both' }),
    accepts: () => true,
    memberFor: (_run, free) => free[0] as string,
  };
  while (now < untilMs) {
    come();
    for (const run of runs.takeStartable(limits, router).runs) ends.set(run, now + of(run).ms);
    now = Math.min(...ends.values());
    for (const [run, end] of ends) {
      if (end > now) continue;
      ends.delete(run);
      runs.remove(run);
      used.set(run.row.agent, (used.get(run.row.agent) ?? 0) + of(run).ms);
      say(of(run), run.row.chat);
    }
  }
  return agents.map(({ agent }) => used.get(agent) ?? 0);
}

const BOTH = ['one', 'two'];
const ONLY_TWO = ['two'];
const LENGTHS = [100, 1000, 200, 800, 400, 600, 100, 1000];

test.each([
  ['all on both', [BOTH]],
  ['one on one of them', [BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, ['two']]],
  ['four on one of them', [BOTH, BOTH, BOTH, BOTH, ['one'], ['one'], ['two'], ['two']]],
  ['three on the same one', [BOTH, BOTH, BOTH, BOTH, BOTH, ['two'], ['two'], ['two']]],
  ['none on both', [['one'], ['one'], ['two'], ['one'], ['two'], ['two'], ['one'], ['two']]],
])('%s: eight greedy agents get the same time of two servers', (_, members) => {
  const agents = LENGTHS.map((ms, index) => ({
    agent: `agent${index}`,
    ms,
    members: members[index % members.length] ?? BOTH,
  }));
  expect(jainIndex(compete(agents, 200_000))).toBeGreaterThan(0.999);
});

test('who comes late to a server that was short for long waits for a few turns, not until all have had as much as others elsewhere', () => {
  const few = Array.from({ length: 5 }, (_, index) => ({ agent: `few${index}`, ms: 1000, members: ONLY_TWO }));
  const rich = { agent: 'rich', ms: 1000, members: BOTH };
  const late = { agent: 'late', ms: 1000, members: ONLY_TWO, fromMs: 1_000_000 };
  const [had = 0] = compete([late, rich, ...few], 1_060_000);
  expect(had).toBeGreaterThan(5000);
});
