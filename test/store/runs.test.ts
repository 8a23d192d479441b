/** Runs, their inbox rows, turns and lines: what the tables themselves make sure of. */
import { describe, expect, test } from 'vitest';
import { queuedRun, temporaryStore } from './temporary-store.ts';

describe('a run', () => {
  test('is created with its chat and its inbox row', () => {
    const { store, connect } = temporaryStore();
    const run = queuedRun(store, { chat: 'side', key: 'k' });
    expect(run).toMatchObject({ agent: 'assistant', chat: 'side', status: 'queued', reason: null });
    expect(store.runs.byKey('assistant', 'k')).toEqual(run);
    expect(store.runs.byId(run.id)).toEqual(run);
    expect(store.history.hasChat('assistant', 'side')).toBe(true);
    expect(store.history.hasChat('assistant', 'other')).toBe(false);
    const inbox = connect().prepare('select run, agent, kind, state, incarnation from inbox').all();
    expect(inbox).toEqual([
      { run: run.number, agent: 'assistant', kind: 'message', state: 'queued', incarnation: null },
    ]);
  });

  test('a key is unique per agent, and a run without one never collides', () => {
    const { store } = temporaryStore();
    queuedRun(store, { key: 'k' });
    queuedRun(store, { agent: 'analyst', key: 'k' });
    queuedRun(store);
    queuedRun(store);
    expect(() => queuedRun(store, { key: 'k' })).toThrow(/UNIQUE/);
    expect(store.runs.open()).toHaveLength(4);
  });

  test('ends once; the first ending stands and settles the inbox', () => {
    const { store, connect } = temporaryStore();
    const run = queuedRun(store);
    store.runs.addInterjection(run.number, 'assistant', 1);
    store.runs.claim(run.number, 'a1');
    expect(store.runs.end(run.number, 'answered', undefined, 2000)).toBe(true);
    expect(store.runs.end(run.number, 'failed', 'late', 3000)).toBe(false);
    expect(store.runs.byId(run.id)).toMatchObject({ status: 'answered', reason: null, endedAt: 2000 });
    expect(connect().prepare('select distinct state from inbox').all()).toEqual([{ state: 'settled' }]);
    expect(store.runs.open()).toEqual([]);
  });

  test('open ones come oldest first, whatever their state', () => {
    const { store } = temporaryStore();
    const runs = [queuedRun(store), queuedRun(store), queuedRun(store)];
    store.runs.start(runs[1]?.number ?? 0, 5);
    store.runs.end(runs[0]?.number ?? 0, 'stopped', 'x', 6);
    expect(store.runs.open().map(({ id, status }) => [id, status])).toEqual([
      [runs[1]?.id, 'running'],
      [runs[2]?.id, 'queued'],
    ]);
  });

  test('its inbox rows go to an incarnation and come back; settled ones do not', () => {
    const { store, connect } = temporaryStore();
    const [one, other] = [queuedRun(store), queuedRun(store)];
    const states = (): unknown[] => connect().prepare('select state, incarnation from inbox order by id').all();
    store.runs.claim(one.number, 'a1');
    expect(states()).toEqual([
      { state: 'claimed', incarnation: 'a1' },
      { state: 'queued', incarnation: null },
    ]);
    store.runs.release(one.number);
    expect(states()[0]).toEqual({ state: 'queued', incarnation: null });
    store.runs.end(other.number, 'stopped', undefined, 1);
    store.runs.claim(other.number, 'a1');
    store.runs.release(other.number);
    expect(states()[1]).toMatchObject({ state: 'settled' });
  });

  test('the first text is timed once', () => {
    const { store } = temporaryStore();
    const run = queuedRun(store);
    store.runs.setFirstText(run.number, 5);
    store.runs.setFirstText(run.number, 9);
    expect(store.runs.byId(run.id)?.firstTextAt).toBe(5);
  });
});

describe('answers', () => {
  test('a run has one final answer; interrupted ones are any number', () => {
    const { store } = temporaryStore();
    const [run, other] = [queuedRun(store), queuedRun(store)];
    const answer = { agent: 'assistant', chat: 'main', turn: 1, role: 'assistant', content: 'x', now: 1 } as const;
    store.history.add({ ...answer, run: run.number, status: 'interrupted' });
    store.history.add({ ...answer, run: run.number, status: 'interrupted' });
    store.history.add({ ...answer, run: run.number, status: 'complete' });
    store.history.add({ ...answer, run: other.number, status: 'complete' });
    expect(() => store.history.add({ ...answer, run: run.number, status: 'complete' })).toThrow(/UNIQUE/);
    expect(store.history.ofRun(run.number)).toHaveLength(3);
    expect(store.history.ofChat('assistant', 'main').map((line) => line.run)).toEqual([
      run.id,
      run.id,
      run.id,
      other.id,
    ]);
  });

  test('chats are listed with the newest first', () => {
    const { store } = temporaryStore();
    const [first] = [
      queuedRun(store, { chat: 'a' }),
      queuedRun(store, { chat: 'b' }),
      queuedRun(store, { agent: 'x' }),
    ];
    expect(store.history.chats('assistant')).toEqual([
      { chat: 'a', messages: 1, updated_at: first.acceptedAt },
      { chat: 'b', messages: 1, updated_at: 1000 },
    ]);
  });
});

describe('turns', () => {
  test('are numbered per run, open until they end, and end once', () => {
    const { store } = temporaryStore();
    const { number } = queuedRun(store);
    expect([store.turns.last(number), store.turns.open(number)]).toEqual([0, undefined]);
    const turn = { run: number, incarnation: 'a1', policies: 'p@v', backend: 'b' };
    store.turns.start({ ...turn, number: 1, now: 5 });
    expect(store.turns.open(number)).toMatchObject({ number: 1, incarnation: 'a1', policies: 'p@v', backend: 'b' });
    store.turns.end(number, 1, 'cut', 6);
    store.turns.end(number, 1, 'finished', 7);
    store.turns.start({ ...turn, number: 2, now: 8 });
    expect([store.turns.last(number), store.turns.open(number)?.number]).toEqual([2, 2]);
    expect(() => store.turns.start({ ...turn, number: 2, now: 9 })).toThrow(/UNIQUE/);
  });

  test('their tokens add up', () => {
    const { store } = temporaryStore();
    const { number } = queuedRun(store);
    const nothing = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 };
    expect(store.turns.usage(number)).toEqual(nothing);
    for (const turn of [1, 2]) {
      store.turns.start({ run: number, number: turn, incarnation: 'a1', policies: '', backend: 'b', now: 5 });
      store.turns.setUsage(number, turn, { promptTokens: 10, completionTokens: turn, cachedTokens: 4 });
    }
    expect(store.turns.usage(number)).toEqual({ promptTokens: 20, completionTokens: 3, cachedTokens: 8 });
  });
});

describe('events', () => {
  test('come back in order, page by page, of everything or of one run', () => {
    const { store } = temporaryStore();
    for (let seq = 1; seq <= 7; seq++) {
      const scope = seq % 2 === 0 ? { agent: 'assistant', chat: 'main', run: 'r' } : {};
      store.events.add({ seq, type: 'degraded', data: `{"n":${seq}}`, ...scope }, 1);
    }
    const seqs = (run: string | undefined, after: number, limit: number): (number | undefined)[] =>
      store.events.page(run === undefined ? {} : { run }, after, limit).map(({ seq }) => seq);
    expect(store.events.lastSeq()).toBe(7);
    expect(seqs(undefined, 0, 3)).toEqual([1, 2, 3]);
    expect(seqs(undefined, 3, 100)).toEqual([4, 5, 6, 7]);
    expect(seqs('r', 2, 100)).toEqual([4, 6]);
    expect(seqs(undefined, 7, 100)).toEqual([]);
    const [event] = store.events.page({ run: 'r' }, 0, 1);
    expect(event).toEqual({ seq: 2, type: 'degraded', data: '{"n":2}', agent: 'assistant', chat: 'main', run: 'r' });
  });
});

describe('offences of policies', () => {
  test('the second of one version is its quarantine; another version starts anew', () => {
    const { store } = temporaryStore();
    store.offences.count('p', 'v1', 1);
    store.offences.count('p', 'v2', 1);
    store.offences.count('p', 'v3', 1, true);
    expect(store.offences.isQuarantined('p', 'v3')).toBe(true);
    expect(store.offences.isQuarantined('p', 'v1')).toBe(false);
    store.offences.count('p', 'v1', 2);
    expect(store.offences.isQuarantined('p', 'v1')).toBe(true);
    expect(store.offences.isQuarantined('p', 'v2')).toBe(false);
  });
});

describe('interventions', () => {
  test('keep what was withheld to themselves', () => {
    const { store } = temporaryStore();
    const run = queuedRun(store);
    const place = { offset: 3, rawOffset: 8, withheld: 'ERROR', version: 'v', now: 1 };
    store.interventions.add({ run: run.number, turn: 1, policy: 'p', action: 'interject', reason: 'no', ...place });
    expect(store.interventions.ofRun(run.number)).toEqual([
      { policy: 'p', action: 'interject', reason: 'no', turn: 1, offset: 3 },
    ]);
  });

  test('the time a cut took belongs to the one that cut, not to later ones about the same turn', () => {
    const { store, connect } = temporaryStore();
    const run = queuedRun(store);
    const place = { offset: 3, rawOffset: 8, withheld: '', version: '', now: 1, turn: 1, reason: 'no' };
    for (const policy of ['p', 'person'])
      store.interventions.add({ ...place, run: run.number, policy, action: 'interject' });
    store.interventions.setCutMs(run.number, 1, 0.5);
    const rows = connect().prepare('select policy, cut_ms from intervention order by id').all();
    expect(rows).toEqual([
      { policy: 'p', cut_ms: 0.5 },
      { policy: 'person', cut_ms: null },
    ]);
  });
});

test('the tables that grow are looked up by index', () => {
  const { connect } = temporaryStore();
  const database = connect();
  const plan = (sql: string): string =>
    database
      .prepare<[], { detail: string }>(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('; ');
  expect(plan("select * from run where status in ('queued', 'running') order by number")).toContain('run_open');
  expect(plan("select * from event where run = 'r' and seq > 1 order by seq limit 5")).toContain('event_run');
  expect(plan('select * from event where seq > 1 order by seq limit 5')).toContain('PRIMARY KEY');
  expect(plan("select * from run where agent = 'a' and key = 'k'")).toContain('run_key');
  expect(plan("select * from chat_history where chat_id = 'c' order by id")).toContain('chat_history_chat');
});
