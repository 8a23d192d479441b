/** How long runs wait for the member of a pool that has their conversation in its cache. */
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../agent/backend/backend.ts';
import { Backends } from '../../supervisor/backends.ts';
import type { BackendConfiguration } from '../../supervisor/configuration.ts';
import { Placement } from '../../supervisor/runs/placement.ts';
import { Routing } from '../../supervisor/runs/routing.ts';
import { waitingRun } from './waiting-run.ts';

const READY = { server: 'llama-server' as const, ready: true, slots: 1, contextTokens: undefined, models: [] };

/** A pool of two that both answer; nothing is stored. `asked` resolves when somebody is to look who can start. */
async function poolOfTwo() {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const backend = { probe: async () => READY, stream: () => expect.unreachable() } as unknown as Backend;
  const configurations = ['one', 'two'].map((name): BackendConfiguration => ({ name, kind: 'openai', url: '' }));
  const entries = configurations.map((configuration) => ({ configuration, backend }));
  const backends = await new Promise<Backends>((resolve) => {
    const onUp = (name: string): void => {
      if (name === 'two') resolve(both);
    };
    const both = new Backends(entries, { onUp, onDown: () => expect.unreachable() }, {}, { both: ['one', 'two'] });
    both.watch(stop.signal);
  });
  const placement = new Placement({ turns: { lastServed: () => undefined } } as never, { write: (work) => work() });
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const routing = new Routing(backends, { waitingUpstream: () => new Map() }, placement, () => ask());
  return { placement, routing, asked };
}

test('when its patience is over a run is content with another member, and somebody looks', async () => {
  // 6 ms: a timer for so long comes a little early now and then.
  const tokens = 5;
  for (let attempt = 0; attempt < 30; attempt++) {
    const { placement, routing, asked } = await poolOfTwo();
    const run = waitingRun(attempt, { place: 'both' });
    placement.served(run, { backend: 'one', tokens });
    expect(routing.accepts(run, ['one', 'two'])).toBe(true);
    expect(routing.accepts(run, ['two'])).toBe(false);
    await asked;
    expect(routing.accepts(run, ['two'])).toBe(true);
  }
});

test('the next turn is patient anew', async () => {
  const { placement, routing, asked } = await poolOfTwo();
  const run = waitingRun(1, { place: 'both' });
  placement.served(run, { backend: 'one', tokens: 1 });
  expect(routing.accepts(run, ['two'])).toBe(false);
  await asked;
  expect(routing.accepts(run, ['two'])).toBe(true);
  Object.assign(run, { place: 'both', backend: 'two' });
  routing.served(run, 100_000);
  expect(routing.accepts(run, ['two'])).toBe(true);
  expect(routing.accepts(run, ['one'])).toBe(false);
});

test('a conversation that its caller holds is found again by what was said, also when that was masked in between', async () => {
  const { placement } = await poolOfTwo();
  const [first, next] = [1, 2].map((number) => waitingRun(number, { place: 'both', isHeld: true }));
  if (first === undefined || next === undefined) throw new Error('two were asked for');
  first.row.content = 'my key is 1234';
  expect(placement.homeOf(first)).toBeUndefined();
  first.row.content = 'my key is ****';
  placement.served(first, { backend: 'two', tokens: 10 });
  next.earlier = [{ role: 'user', content: 'my key is 1234' }];
  expect(placement.homeOf(next)).toEqual({ backend: 'two', tokens: 10 });
});
