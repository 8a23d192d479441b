/** Events and snapshots become what the page shows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChatView, EMPTY_CHAT, fromHistory, type HistoryLine, runningRun } from '../../../ui/page/chat-view.ts';
import { fold, type PageEvent } from '../../../ui/page/fold.ts';

type Unplaced = PageEvent extends infer E
  ? E extends PageEvent
    ? Omit<E, 'seq' | 'agent' | 'chat' | 'run'>
    : never
  : never;

/** Numbered events of one run. */
function events(...list: Unplaced[]): PageEvent[] {
  return list.map((event, index) => ({ ...event, seq: index + 1, agent: 'a', chat: 'main', run: 'r1' }) as PageEvent);
}

const folded = (list: readonly PageEvent[], from: ChatView = EMPTY_CHAT): ChatView => list.reduce(fold, from);
const run = (view: ChatView) => view.runs[0];

const asked: Unplaced = { type: 'message-received', content: 'Why?' };
const begun: Unplaced[] = [asked, { type: 'run-start', queue_ms: 1 }, { type: 'turn-start', turn: 1 }];
const said = (turn: number, offset: number, text: string): Unplaced => ({ type: 'text-delta', turn, offset, text });

describe('a run', () => {
  test('waits, runs, streams and is answered', () => {
    expect(run(folded(events(asked)))).toMatchObject({ question: 'Why?', state: 'queued', items: [] });
    const streaming = folded(events(...begun, said(1, 0, 'Because '), said(1, 8, 'so.')));
    expect(run(streaming)).toMatchObject({ state: 'running', items: [{ text: 'Because so.', state: 'streaming' }] });
    expect(runningRun(streaming)?.run).toBe('r1');
    const whole: Unplaced[] = [
      ...begun,
      said(1, 0, 'Bec'),
      { type: 'turn-end', turn: 1, text: 'Because.', reason: 'stop' },
    ];
    const answered = folded(events(...whole, { type: 'run-end', status: 'answered' }));
    expect(run(answered)).toMatchObject({
      state: 'answered',
      items: [{ text: 'Because.', state: 'complete', note: '' }],
    });
    expect(runningRun(answered)).toBeUndefined();
  });

  test('that another agent asked for says who that is, from events and from the history', () => {
    const letter: Unplaced = { type: 'message-received', content: 'Why?', from: 'planner' };
    const sent: Unplaced = { type: 'letter-sent', to: 'planner', to_run: 'r2' };
    const view = folded(events(letter, ...begun.slice(1), sent));
    expect(run(view)).toMatchObject({ question: 'Why?', from: 'planner', letters: ['planner'], state: 'running' });
    expect(view.stale).toBe(false);
    const line: HistoryLine = {
      id: 1,
      run: 'r1',
      role: 'user',
      content: 'Why?',
      from: 'planner',
      letters: [{ to: 'planner', run: 'r2' }],
      ts: 1,
      status: 'complete',
    };
    expect(run(fromHistory({ chat: 'main', seq: 3, messages: [line] }))).toMatchObject({
      from: 'planner',
      letters: ['planner'],
    });
    expect(run(folded(events(asked)))).not.toHaveProperty('from');
  });

  test('waits for a person, and is answered with what that person let through', () => {
    const pause: Unplaced = { type: 'run-paused', approval: 7, policy: 'asks', reason: 'money', turn: 1 };
    const paused = [...begun, said(1, 0, 'The '), { type: 'turn-cut', turn: 1, text: 'The ', reason: 'paused' }, pause];
    expect(run(folded(events(...(paused as Unplaced[]))))).toMatchObject({ state: 'running', waitsFor: 7 });
    const decided = [
      ...paused,
      { type: 'run-resumed', approval: 7, decision: 'approved' },
      { type: 'turn-end', turn: 1, text: 'The price', reason: 'approved' },
      { type: 'run-end', status: 'answered' },
    ] as Unplaced[];
    const answered = run(folded(events(...decided)));
    expect(answered).toMatchObject({ state: 'answered', items: [{ text: 'The price', state: 'complete' }] });
    expect(answered).not.toHaveProperty('waitsFor');
  });

  test('says that its answer is being judged, that it could not be, and no more when that is over', () => {
    const review = (state: 'started' | 'passed' | 'failed' | 'objected'): Unplaced => {
      return { type: 'review', turn: 1, policy: 'judge', when: 'before', state };
    };
    const noteAfter = (...more: Unplaced[]) => {
      const [item] = run(folded(events(...begun, ...more)))?.items ?? [];
      return item?.kind === 'answer' ? item.note : undefined;
    };
    expect(noteAfter(review('started'))).toBe('policy judge judges it');
    expect(noteAfter(review('started'), review('failed'))).toBe('policy judge could not judge it');
    const end: Unplaced = { type: 'turn-end', turn: 1, text: 'So.', reason: 'stop' };
    expect(noteAfter(review('started'), review('passed'), end)).toBe('');
    const cut: Unplaced = { type: 'turn-cut', turn: 1, text: 'So.', reason: 'judge' };
    expect(noteAfter(said(1, 0, 'So.'), review('started'), review('objected'), cut)).toBe('judge');
  });

  test('whose message a person has replaced is loaded again', () => {
    const list = [
      asked,
      { type: 'run-start', queue_ms: 1 },
      { type: 'run-paused', approval: 7, policy: 'asks', reason: 'look', turn: 0 },
      { type: 'run-resumed', approval: 7, decision: 'edited' },
    ] as Unplaced[];
    expect(folded(events(...list)).stale).toBe(true);
  });

  test('is cut, corrected and goes on; the cut text replaces what was streamed', () => {
    const view = folded(
      events(
        ...begun,
        said(1, 0, 'It is an E'),
        {
          type: 'intervention',
          policy: 'error-keyword',
          action: 'interject',
          reason: 'Say it again.',
          turn: 1,
          offset: 9,
        },
        { type: 'turn-cut', turn: 1, text: 'It is an ', reason: 'error-keyword' },
        { type: 'turn-start', turn: 2 },
        said(2, 0, 'It is a mistake.'),
      ),
    );
    expect(run(view)?.items).toMatchObject([
      { kind: 'answer', turn: 1, text: 'It is an ', state: 'interrupted', note: 'error-keyword' },
      { kind: 'intervention', policy: 'error-keyword', reason: 'Say it again.' },
      { kind: 'answer', turn: 2, text: 'It is a mistake.', state: 'streaming' },
    ]);
  });

  test('goes on where it was cut: one answer behind the correction, with its reasoning', () => {
    const begin: Unplaced[] = [
      ...begun,
      { type: 'reasoning-delta', turn: 1, offset: 0, text: 'Hm.' },
      said(1, 0, 'It is an '),
      { type: 'intervention', policy: 'p', action: 'interject', reason: 'Not so.', turn: 1, offset: 9 },
      { type: 'turn-cut', turn: 1, text: 'It is an ', reason: 'p' },
      { type: 'turn-start', turn: 2, continues: 9 },
    ];
    expect(run(folded(events(...begin, said(2, 9, 'apple'))))?.items).toMatchObject([
      { kind: 'intervention', reason: 'Not so.' },
      { kind: 'answer', turn: 2, text: 'It is an apple', reasoning: 'Hm.', state: 'streaming' },
    ]);
    const unknown = folded(events(...begun, said(1, 0, 'It'), { type: 'turn-start', turn: 2, continues: 9 }));
    expect(unknown.stale).toBe(true);
  });

  test('keeps reasoning apart, shows what is held back until more comes', () => {
    const thinking: Unplaced = { type: 'reasoning-delta', turn: 1, offset: 0, text: 'Hm.' };
    const held = folded(events(...begun, thinking, { type: 'held', turn: 1, characters: 5 }));
    expect(run(held)?.items).toMatchObject([{ reasoning: 'Hm.', text: '', held: 5 }]);
    const released = fold(held, { type: 'text-delta', seq: 9, run: 'r1', turn: 1, offset: 0, text: 'Yes' });
    expect(run(released)?.items).toMatchObject([{ reasoning: 'Hm.', text: 'Yes', held: 0 }]);
  });

  test('is stopped or fails: what streamed is marked', () => {
    const end: Unplaced = { type: 'run-end', status: 'failed', reason: 'backend_unreachable' };
    const view = folded(events(...begun, said(1, 0, 'Bec'), end));
    expect(run(view)).toMatchObject({
      state: 'failed',
      reason: 'backend_unreachable',
      items: [{ state: 'interrupted' }],
    });
  });

  test('has no line for an answer that was cut before anything was shown', () => {
    const cut: Unplaced = { type: 'turn-cut', turn: 1, text: '', reason: 'error-keyword' };
    expect(run(folded(events(...begun, cut)))?.items).toEqual([]);
    expect(run(folded(events(...begun, { type: 'run-end', status: 'stopped' })))?.items).toEqual([]);
  });

  test('is tried again: the lost answer is marked, a turn that begins again is empty', () => {
    const again: Unplaced[] = [...begun, said(1, 0, 'Bec'), { type: 'run-start', queue_ms: 2 }];
    expect(run(folded(events(...again)))?.items).toMatchObject([{ text: 'Bec', state: 'interrupted' }]);
    const begunAgain = folded(events(...again, { type: 'turn-start', turn: 1 }));
    expect(run(begunAgain)?.items).toMatchObject([{ text: '', state: 'streaming' }]);
  });

  test('carries notices, beside its lines', () => {
    const notice: Unplaced = {
      type: 'notice',
      code: 'context_shortened',
      text: 'its <b>oldest</b> 2 messages',
      turn: 1,
    };
    const view = folded(events(...begun, notice, said(1, 0, 'So.')));
    const { type: _, ...shown } = notice;
    expect(run(view)).toMatchObject({ notices: [shown], items: [{ text: 'So.' }] });
    expect(folded(events(...begun, notice), view)).toBe(view);
  });

  test('says that its answer reached the token limit', () => {
    const view = folded(events(...begun, { type: 'turn-end', turn: 1, text: 'Bec', reason: 'length' }));
    expect(run(view)?.items).toMatchObject([{ note: 'the answer reached its token limit' }]);
  });
});

describe('what does not fit', () => {
  test('a gap, an unknown run and a resync make the view stale; nothing is invented', () => {
    const view = folded(events(...begun, said(1, 0, 'Bec')));
    const gap = fold(view, { type: 'text-delta', seq: 10, run: 'r1', turn: 1, offset: 7, text: 'so' });
    expect([gap.stale, gap.runs]).toEqual([true, view.runs]);
    expect(fold(view, { type: 'turn-start', seq: 10, run: 'other', turn: 1 }).stale).toBe(true);
    expect(fold(view, { type: 'resync', seq: 10 }).stale).toBe(true);
  });

  test('an overlapping delta replaces', () => {
    const view = folded(events(...begun, said(1, 0, 'Because'), said(1, 3, 'ause of')));
    expect(run(view)?.items).toMatchObject([{ text: 'Because of' }]);
  });

  test('an event about the stack changes no run', () => {
    const view = folded(events(asked));
    expect(fold(view, { type: 'backend-up', seq: 5, backend: 'b' })).toEqual({ ...view, seq: 5 });
  });

  test('events that are in the view already change nothing, wherever the stream begins again', () => {
    const corrected: Unplaced[] = [
      { type: 'intervention', policy: 'p', action: 'interject', reason: 'Again.', turn: 1, offset: 0 },
      { type: 'turn-start', turn: 2 },
      { type: 'turn-end', turn: 2, text: 'So.', reason: 'stop' },
      { type: 'run-end', status: 'answered' },
    ];
    const parts = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(parts, fc.nat(), fc.nat(), (texts, cut, back) => {
        let offset = 0;
        const deltas = texts.map((text) => {
          offset += text.length;
          return said(1, offset - text.length, text);
        });
        const list = events(...begun, ...deltas, ...corrected);
        const seen = cut % list.length;
        const again = back % (seen + 1);
        const resumed = folded(list.slice(again), folded(list.slice(0, seen)));
        expect(resumed).toEqual(folded(list));
        expect(run(resumed)?.items.map((item) => (item.kind === 'answer' ? item.text : item.reason))).toEqual([
          texts.join(''),
          'Again.',
          'So.',
        ]);
      }),
    );
  });
});

describe('a snapshot', () => {
  const line = (changes: Partial<HistoryLine>): HistoryLine => {
    return { id: 1, run: 'r1', role: 'user', content: 'Why?', ts: 0, status: 'complete', ...changes };
  };

  test('of a corrected run', () => {
    const intervention = {
      policy: 'error-keyword',
      action: 'interject',
      reason: 'Again.',
      turn: 1,
      offset: 3,
    } as const;
    const view = fromHistory({
      chat: 'main',
      seq: 12,
      messages: [
        line({}),
        line({ role: 'assistant', content: 'It is', status: 'interrupted', turn: 1, reasoning: 'Hm.' }),
        line({ role: 'supervisor', content: 'Again.', intervention }),
        line({ role: 'assistant', content: 'So it is.', turn: 2 }),
        line({ run: 'r2', content: 'And?', status: 'queued' }),
      ],
    });
    expect(view).toMatchObject({
      seq: 12,
      stale: false,
      runs: [
        { run: 'r1', state: 'answered' },
        { run: 'r2', state: 'queued' },
      ],
    });
    expect(run(view)?.items).toMatchObject([
      { kind: 'answer', turn: 1, state: 'interrupted', reasoning: 'Hm.' },
      { kind: 'intervention', policy: 'error-keyword', reason: 'Again.' },
      { kind: 'answer', turn: 2, text: 'So it is.', state: 'complete' },
    ]);
  });

  test('in mid-answer goes on with deltas', () => {
    const messages = [line({}), line({ role: 'assistant', content: 'Bec', status: 'streaming', turn: 1 })];
    const view = fromHistory({ chat: 'main', seq: 5, messages });
    expect(runningRun(view)?.run).toBe('r1');
    const next = folded([{ type: 'text-delta', seq: 6, run: 'r1', turn: 1, offset: 3, text: 'ause' }], view);
    expect(run(next)?.items).toMatchObject([{ text: 'Because' }]);
  });

  test('has the notices of its runs, as their events had', () => {
    const notices = [{ code: 'context_shortened', text: 'its oldest 2 messages', turn: 1 } as const];
    const messages = [line({ notices }), line({ role: 'assistant', content: 'So.', turn: 1 }), line({ run: 'r2' })];
    const view = fromHistory({ chat: 'main', seq: 5, messages });
    expect(view.runs.map((each) => each.notices)).toEqual([notices, []]);
  });

  test('says how a run ended only if it knows', () => {
    const messages = [line({}), line({ role: 'assistant', content: 'Bec', status: 'interrupted' })];
    expect(run(fromHistory({ chat: 'main', seq: 5, messages }))?.state).toBe('ended');
    const outcome = { status: 'stopped', reason: 'asked for' } as const;
    const known = fromHistory({ chat: 'main', seq: 5, messages: [line({ outcome }), ...messages.slice(1)] });
    expect(run(known)).toMatchObject({ state: 'stopped', reason: 'asked for' });
  });
});
