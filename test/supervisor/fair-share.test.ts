/** Who gets the next slot: shares by weight, ranks, nobody starves. Time is simulated; what is shared is milliseconds of slots. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jainIndex } from '../../bench/costs/jain-index.ts';
import { type Claimant, FairShare } from '../../supervisor/fair-share.ts';

/** An agent that always waits, and how long its runs take, one after the other and again. */
interface Greedy {
  agent: string;
  weight?: number;
  rank?: number;
  takesMs: readonly number[];
  /** When it comes; default: at once. */
  fromMs?: number;
  toMs?: number;
}

interface Start {
  agent: string;
  at: number;
  ms: number;
}

/** Lets them compete for the slots of one server; returns every start. */
function compete(agents: readonly Greedy[], slots: number, untilMs: number): Start[] {
  const share = new FairShare();
  const working = new Map<object, number>();
  const counts = new Map<string, number>();
  const starts: Start[] = [];
  let now = 0;
  while (now < untilMs) {
    for (const [holder, end] of working) if (end <= now) working.delete(holder);
    share.settle(new Set(working.keys()), now);
    const present = agents.filter(({ fromMs = 0, toMs = untilMs }) => fromMs <= now && now < toMs);
    while (working.size < slots && present.length > 0) {
      const waiting = present.map((each) => ({ resource: 'server', weight: 1, rank: 0, ...each }) satisfies Claimant);
      const { takesMs, ...next } = share.pick(waiting, now);
      const count = counts.get(next.agent) ?? 0;
      counts.set(next.agent, count + 1);
      const ms = takesMs[count % takesMs.length] ?? 1;
      const holder = {};
      working.set(holder, now + ms);
      share.take(holder, next, now);
      starts.push({ agent: next.agent, at: now, ms });
    }
    now = Math.min(...working.values(), ...agents.map(({ fromMs = 0 }) => fromMs).filter((from) => from > now));
  }
  return starts;
}

/** Milliseconds of slots between two moments, by agent. */
function used(starts: readonly Start[], from: number, to: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { agent, at, ms } of starts) {
    const inside = Math.max(0, Math.min(at + ms, to) - Math.max(at, from));
    sums.set(agent, (sums.get(agent) ?? 0) + inside);
  }
  return sums;
}

const EIGHT: Greedy[] = Array.from({ length: 8 }, (_, index) => ({
  agent: `a${index}`,
  takesMs: [100 + index * 128],
}));

describe('shares', () => {
  test('eight greedy agents whose answers differ tenfold get the same time of two slots', () => {
    const sums = used(compete(EIGHT, 2, 100_000), 0, 100_000);
    expect(jainIndex([...sums.values()])).toBeGreaterThan(0.999);
  });

  test('weights 3 to 1 get three times the time', () => {
    const weighted = EIGHT.map((each, index) => ({ ...each, weight: index % 2 === 0 ? 3 : 1 }));
    const sums = used(compete(weighted, 2, 100_000), 0, 100_000);
    expect(jainIndex(weighted.map(({ agent, weight }) => (sums.get(agent) ?? 0) / weight))).toBeGreaterThan(0.999);
  });

  test('who was away has saved nothing up, and who comes late is not behind', () => {
    const late = { agent: 'late', takesMs: [10], fromMs: 10_000 };
    const starts = compete([{ agent: 'early', takesMs: [10] }, late], 1, 20_000);
    const sums = used(starts, 10_000, 20_000);
    expect(Math.abs((sums.get('late') ?? 0) - (sums.get('early') ?? 0))).toBeLessThanOrEqual(30);
  });

  test('somebody who comes back after a pause begins where the others are', () => {
    const agents: Greedy[] = [
      { agent: 'constant', takesMs: [10] },
      { agent: 'other', takesMs: [10], toMs: 1000 },
      { agent: 'other', takesMs: [10], fromMs: 9000 },
    ];
    const sums = used(compete(agents, 1, 11_000), 9000, 11_000);
    expect(Math.abs((sums.get('constant') ?? 0) - (sums.get('other') ?? 0))).toBeLessThanOrEqual(30);
  });

  test('any greedy agents: at every moment nobody is behind its share by more than the longest runs', () => {
    const takes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });
    const greedy = fc.array(fc.tuple(takes, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(greedy, fc.integer({ min: 1, max: 3 }), (list, slots) => {
        const agents = list.map(([takesMs, weight], index) => ({ agent: `a${index}`, takesMs, weight }));
        const sums = used(compete(agents, slots, 20_000), 0, 20_000);
        const shares = agents.map(({ agent, weight }) => (sums.get(agent) ?? 0) / weight);
        // Each may be ahead by what it holds in all slots, and one usual run that it was charged for.
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(200 * (slots + 2));
      }),
    );
  });
});

describe('ranks', () => {
  const low = { agent: 'bench', takesMs: [100], rank: 2 };

  test('a lone message of a better rank gets the very next slot', () => {
    for (let fromMs = 1; fromMs < 1000; fromMs += 37) {
      const lone = { agent: 'chat', takesMs: [10], fromMs, toMs: fromMs + 101 };
      const first = compete([low, { ...low, agent: 'bench2' }, lone], 1, 3000).find(({ agent }) => agent === 'chat');
      expect((first?.at ?? Number.POSITIVE_INFINITY) - fromMs).toBeLessThanOrEqual(100);
    }
  });

  test('nobody starves: of nine slots one is for who waits in a lower rank', () => {
    const starts = compete([{ agent: 'chat', takesMs: [10] }, low], 1, 10_000).map(({ agent }) => agent);
    const [first, second] = [starts.indexOf('bench'), starts.indexOf('bench', starts.indexOf('bench') + 1)];
    expect([first, second - first]).toEqual([8, 9]);
  });
});

test('servers are shared each by itself', () => {
  const share = new FairShare();
  const claim = (agent: string, resource: string): Claimant => ({ agent, resource, weight: 1, rank: 0 });
  const holder = {};
  share.pick([claim('a', 'one')], 0);
  share.take(holder, claim('a', 'one'), 0);
  share.settle(new Set(), 5000);
  expect(share.pick([claim('a', 'two'), claim('b', 'two')], 5000).agent).toBe('a');
  expect(share.pick([claim('a', 'one'), claim('b', 'one')], 5000).agent).toBe('b');
});
