/** Readers of events over a real store: no gap, no repetition, whatever comes between two of their reads. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventHub } from '../../supervisor/event-hub.ts';
import type { EventScope, StoredEvent } from '../../supervisor/events.ts';
import { Recorder } from '../../supervisor/recorder.ts';
import type { Store } from '../../supervisor/store/store.ts';
import { temporaryStore } from '../store/temporary-store.ts';

interface Setting {
  store: Store;
  hub: EventHub;
  recorder: Recorder;
  record(scope?: EventScope): number;
}

function start(): Setting {
  const { store } = temporaryStore();
  const recorder = new Recorder(store, { publish: (events) => hub.publish(events), onFailure: () => {} });
  const hub = new EventHub({
    flush: () => void recorder.flush(),
    lastSeq: () => store.events.lastSeq(),
    page: (scope, after, limit) => store.events.page(scope, after, limit),
  });
  const record = (scope: EventScope = {}): number =>
    recorder.write(() => recorder.event('degraded', scope, { reason: 'x' }));
  return { store, hub, recorder, record };
}

const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A reader that a test asks for one batch after the other. */
class TestReader {
  readonly seen: StoredEvent[] = [];
  readonly #stopping = new AbortController();
  readonly #batches: AsyncGenerator<readonly StoredEvent[]>;
  #reading: Promise<void> | undefined;
  ended = false;

  constructor(hub: EventHub, scope: EventScope, after: number | undefined) {
    this.#batches = hub.subscribe(scope, after, this.#stopping.signal);
    onTestFinished(() => this.#stopping.abort());
  }

  /** Resolves when the next batch is seen, or the stream has ended; a read that is under way is the same read. */
  read(): Promise<void> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#batches.next();
    this.#reading = undefined;
    this.ended = done === true;
    if (!done) this.seen.push(...value);
  }

  async readUntil(seq: number): Promise<(number | undefined)[]> {
    while (this.seen.at(-1)?.seq !== seq && !this.ended) await this.read();
    return this.seen.map((event) => event.seq);
  }

  leave(): Promise<unknown> {
    return this.#batches.return(undefined);
  }

  abort(): void {
    this.#stopping.abort();
  }

  get listeners(): number {
    return getEventListeners(this.#stopping.signal, 'abort').length;
  }
}

describe('a cursor', () => {
  test('recorded events come after it, then live ones', async () => {
    const { hub, record } = start();
    for (let seq = 1; seq <= 5; seq++) record();
    const reader = new TestReader(hub, {}, 2);
    await reader.read();
    record();
    record();
    expect(await reader.readUntil(7)).toEqual([3, 4, 5, 6, 7]);
  });

  test('without one, a reader begins with what comes next', async () => {
    const { hub, record } = start();
    record();
    const reader = new TestReader(hub, {}, undefined);
    const first = reader.read();
    await nextTick();
    record();
    await first;
    expect(await reader.readUntil(2)).toEqual([2]);
  });

  test('from the future, as after a data folder was replaced, yields one resync, then what comes', async () => {
    const { hub, record } = start();
    record();
    record();
    const reader = new TestReader(hub, { run: 'r' }, 1000);
    await reader.read();
    expect(reader.seen).toMatchObject([{ seq: undefined, type: 'resync' }]);
    expect(JSON.parse(reader.seen[0]?.data ?? '')).toMatchObject({ type: 'resync', seq: 2 });
    record({ agent: 'a', chat: 'main', run: 'r' });
    expect(await reader.readUntil(3)).toEqual([undefined, 3]);
  });

  test('at the newest event yields no resync', async () => {
    const { hub, record } = start();
    record();
    const reader = new TestReader(hub, {}, 1);
    const first = reader.read();
    await nextTick();
    record();
    await first;
    expect(await reader.readUntil(2)).toEqual([2]);
  });
});

describe('a scope', () => {
  const EVENTS: EventScope[] = [
    {},
    { agent: 'a' },
    { agent: 'b' },
    { agent: 'a', chat: 'main', run: 'r1' },
    { agent: 'a', chat: 'side', run: 'r2' },
    { agent: 'b', chat: 'main', run: 'r3' },
  ];
  const CASES: [string, EventScope, number[]][] = [
    ['none: everything', {}, [1, 2, 3, 4, 5, 6]],
    ['an agent: what concerns it or the whole stack', { agent: 'a' }, [1, 2, 4, 5]],
    ['a chat: that of its agent', { agent: 'a', chat: 'main' }, [1, 2, 4]],
    ['a run: exactly that', { run: 'r3' }, [6]],
  ];

  test.each(CASES)('%s, recorded and live', async (_, scope, wanted) => {
    const { hub, record } = start();
    for (const event of EVENTS) record(event);
    const reader = new TestReader(hub, scope, 0);
    expect(await reader.readUntil(wanted.at(-1) ?? 0)).toEqual(wanted);
    const next = reader.read();
    await nextTick();
    for (const event of EVENTS) record(event);
    await next;
    expect(reader.seen.slice(wanted.length).map((event) => event.seq)).toEqual(wanted.map((seq) => seq + 6));
  });

  test('what concerns the stream itself reaches everybody, what concerns a run its readers', async () => {
    const { hub, recorder } = start();
    const [one, other] = [new TestReader(hub, { run: 'r1' }, 0), new TestReader(hub, { run: 'r2' }, 0)];
    const reads = [one.read(), other.read()];
    await nextTick();
    recorder.announce('held', { agent: 'a', chat: 'main', run: 'r1' }, { turn: 1, characters: 40 });
    recorder.announce('degraded', {}, { reason: 'no room' });
    await Promise.all(reads);
    expect(one.seen.map(({ type }) => type)).toEqual(['held', 'degraded']);
    expect(other.seen.map(({ type }) => type)).toEqual(['degraded']);
  });
});

/** What a publisher can see of a reader that is still there: it looks at the events. */
function lookedAt(hub: EventHub): boolean {
  let looked = false;
  const event: StoredEvent = {
    type: 'degraded',
    data: '{}',
    seq: undefined,
    get run() {
      looked = true;
      return 'r1';
    },
  };
  hub.publish([event]);
  return looked;
}

function comeBack(reader: TestReader): Promise<void> {
  reader.abort();
  return reader.read();
}

describe('a reader goes', () => {
  const ways: [string, (reader: TestReader) => unknown][] = [
    ['by leaving', (reader) => reader.leave()],
    ['by its signal, and comes back once more', (reader) => comeBack(reader)],
  ];

  test.each(ways)('%s after its first page: nothing is kept for it', async (_, go) => {
    const { hub, record } = start();
    record();
    const reader = new TestReader(hub, {}, 0);
    await reader.read();
    await go(reader);
    expect(lookedAt(hub)).toBe(false);
    expect(reader.listeners).toBe(0);
  });

  test('by its signal while it waits for something new', async () => {
    const { hub, record } = start();
    const reader = new TestReader(hub, {}, undefined);
    const waiting = reader.read();
    await nextTick();
    reader.abort();
    await waiting;
    expect(reader.ended).toBe(true);
    record();
    expect(lookedAt(hub)).toBe(false);
  });

  test('before it came', async () => {
    const { hub, record } = start();
    record();
    const reader = new TestReader(hub, {}, 0);
    reader.abort();
    await reader.read();
    expect([reader.ended, reader.seen, lookedAt(hub)]).toEqual([true, [], false]);
  });

  test('when it is too slow: it is dropped, buffers nothing more, and loses nothing when it comes back', async () => {
    const { hub, recorder } = start();
    const text = 'x'.repeat(1024 * 1024);
    const record = (): number => recorder.write(() => recorder.event('degraded', {}, { reason: text }));
    record();
    const slow = new TestReader(hub, {}, 0);
    await slow.read();
    for (let count = 0; count < 6; count++) {
      record();
      recorder.flush();
    }
    expect(lookedAt(hub)).toBe(false);
    await slow.read();
    expect([slow.ended, slow.seen.length]).toEqual([true, 1]);
    const again = new TestReader(hub, {}, 1);
    expect(await again.readUntil(7)).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

describe('no gap and no repetition', () => {
  const RECORDED = 1003;
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ agent: fc.constantFrom('a', 'b'), times: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 3, arbitrary: fc.constant('read') },
    { weight: 1, arbitrary: fc.constant('tick') },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const scope = fc.constantFrom<EventScope>({}, { agent: 'a' }, { agent: 'b', chat: 'main' }, { run: 'r-a' });
  const after = fc.oneof(fc.integer({ min: 0, max: RECORDED }), fc.constantFrom(0, 2, 3, 502, 503, RECORDED));
  const scopeOf = (agent: string): EventScope => ({ agent, chat: 'main', run: `r-${agent}` });

  test('over pages and live events, under concurrent writes', async () => {
    const setting = start();
    for (let seq = 1; seq <= RECORDED; seq++) setting.record(scopeOf(seq % 2 === 0 ? 'a' : 'b'));
    setting.recorder.flush();
    const play = async (steps: Step[], wanted: EventScope, from: number): Promise<void> => {
      const reader = new TestReader(setting.hub, wanted, from);
      for (const each of steps) await take(setting, reader, each);
      const last = setting.record(wanted.run === undefined ? {} : scopeOf('a'));
      await reader.readUntil(last);
      await reader.leave();
      const stored = setting.store.events.page({}, from, Number.MAX_SAFE_INTEGER);
      expect(reader.seen).toEqual(stored.filter((event) => isFor(wanted, event)));
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), scope, after, play), { numRuns: 60 });
  });

  async function take({ record }: Setting, reader: TestReader, each: Step): Promise<void> {
    if (typeof each === 'object') for (let count = 0; count < each.times; count++) record(scopeOf(each.agent));
    else if (each === 'read') void reader.read();
    else await nextTick();
  }

  /** The filter as service.ts describes it, written anew. */
  function isFor(wanted: EventScope, event: StoredEvent): boolean {
    if (wanted.run !== undefined) return event.run === wanted.run;
    const agentFits = wanted.agent === undefined || event.agent === undefined || event.agent === wanted.agent;
    return agentFits && (wanted.chat === undefined || event.chat === undefined || event.chat === wanted.chat);
  }
});

test('what memory does not reach is read in pages, and joins what comes live without a gap', async () => {
  const { store, recorder, record } = start();
  for (let count = 0; count < 1200; count++) record();
  recorder.flush();
  const later = new EventHub({
    flush: () => {},
    lastSeq: () => store.events.lastSeq(),
    page: (scope, after, limit) => store.events.page(scope, after, limit),
  });
  const reader = new TestReader(later, {}, 10);
  await reader.read();
  const live = store.events.page({}, 0, 1).map((event) => ({ ...event, seq: 1201 }));
  store.begin();
  for (const event of live) store.events.add(event, Date.now());
  store.commit();
  later.publish(live);
  const seen = await reader.readUntil(1201);
  expect(seen).toEqual(Array.from({ length: 1191 }, (_, index) => index + 11));
});
