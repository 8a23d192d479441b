/** The fold from recorded lines to what the model is shown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldTranscript, messagesOf, type RecordedLine } from '../../supervisor/transcript.ts';

const MARK = '\n\n[correction] ';

type Status = RecordedLine['runStatus'];

/** Lines of one run: `u` the message, `a` a whole answer, `i` an interrupted one, `s` a correction; the number is the turn. */
function run(id: string, runStatus: Status, ...lines: [kind: 'u' | 'a' | 'i' | 's', content: string, turn?: number][]) {
  const roles = { u: 'user', a: 'assistant', i: 'assistant', s: 'supervisor' } as const;
  return lines.map(([kind, content, turn = kind === 'u' ? 0 : 1]): RecordedLine => {
    const status = kind === 'i' ? 'interrupted' : 'complete';
    return { run: id, runStatus, role: roles[kind], content, turn, status };
  });
}

/** The transcript in one line a message. */
function fold(lines: RecordedLine[], system = ''): string[] {
  return messagesOf(foldTranscript(system, lines, 'now')).map(({ role, content }) => `${role}: ${content}`);
}

test("another agent's message says whose it is, now and later; corrections still join it", () => {
  const from = (lines: RecordedLine[]): RecordedLine[] =>
    lines.map((line) => (line.role === 'user' ? { ...line, from: 'planner' } : { ...line, from: null }));
  const earlier = from(run('r', 'answered', ['u', 'one'], ['a', 'two']));
  const now = from(run('now', 'running', ['u', 'three'], ['s', 'shorter', 0]));
  expect(fold([...earlier, ...now])).toEqual([
    'user: Message from planner:\n\none',
    'assistant: two',
    `user: Message from planner:\n\nthree${MARK}shorter`,
  ]);
});

describe('an answer that goes on', () => {
  const lines = run('now', 'running', ['u', 'q'], ['i', 'well ', 1], ['s', 'not so', 1]);
  const goOn = (all: RecordedLine[], turn: number, text: string): string[] =>
    messagesOf(foldTranscript('', all, 'now', { turn, text })).map(({ role, content }) => `${role}: ${content}`);

  test('comes last without the white space at its end; the correction joins the message', () => {
    expect(goOn(lines, 1, 'well ')).toEqual([`user: q${MARK}not so`, 'assistant: well']);
  });

  test('again: corrections gather in the message', () => {
    const [asked, cut, correction] = lines;
    const once = [asked, { ...cut, isContinued: 1 }, correction] as RecordedLine[];
    const twice = [...once, ...run('now', 'running', ['i', 'well done ', 2], ['s', 'nor so', 2])];
    expect(goOn(twice, 2, 'well done ')).toEqual([`user: q${MARK}not so${MARK}nor so`, 'assistant: well done']);
    expect(fold(twice)).toEqual([
      ...['user: q', 'assistant: well ', 'user: not so', 'assistant: well done ', 'user: nor so'],
    ]);
  });

  test('after one that was begun anew: its beginning stays before its correction', () => {
    const later = [...lines, ...run('now', 'running', ['i', 'good', 2], ['s', 'nor so', 2])];
    expect(goOn(later, 2, 'good')).toEqual([
      ...['user: q', 'assistant: well ', `user: not so${MARK}nor so`, 'assistant: good'],
    ]);
  });
});

describe('earlier runs', () => {
  const now = run('now', 'running', ['u', 'and now?']);

  test.each<[string, RecordedLine[], string[]]>([
    ['none', [], []],
    ['an answered one: message and answer', run('r', 'answered', ['u', 'q'], ['a', 'x']), ['user: q', 'assistant: x']],
    [
      'a corrected one: not the cut beginning, not the correction',
      run('r', 'answered', ['u', 'q'], ['i', 'bad'], ['s', 'do not'], ['a', 'x', 2]),
      ['user: q', 'assistant: x'],
    ],
    [
      'a flagged message: not its correction',
      run('r', 'answered', ['u', 'q'], ['s', 'mind', 0], ['a', 'x']),
      ['user: q', 'assistant: x'],
    ],
    [
      'one that was stopped: what was shown of its last turn',
      run('r', 'stopped', ['u', 'q'], ['i', 'half']),
      ['user: q', 'assistant: half'],
    ],
    [
      'one that was stopped after a correction: the cut beginning does not count there either',
      run('r', 'stopped', ['u', 'q'], ['i', 'bad'], ['s', 'do not']),
      [],
    ],
    [
      'one that was stopped after a correction and a new beginning',
      run('r', 'stopped', ['u', 'q'], ['i', 'bad'], ['s', 'do not'], ['i', 'better', 2]),
      ['user: q', 'assistant: better'],
    ],
    ['one that was blocked', run('r', 'blocked', ['u', 'q'], ['i', 'half']), []],
    ['one that failed', run('r', 'failed', ['u', 'q'], ['i', 'half']), []],
    ['one that expired', run('r', 'expired', ['u', 'q']), []],
  ])('%s', (_, earlier, expected) => {
    expect(fold([...earlier, ...now])).toEqual([...expected, 'user: and now?']);
  });

  test('those that brought no text leave no trace: user and assistant alternate', () => {
    const lines = [...run('r', 'stopped', ['u', 'q']), ...run('e', 'answered', ['u', 'again'], ['a', '']), ...now];
    expect(fold(lines)).toEqual(['user: and now?']);
  });

  test('the system prompt comes first, and only where there is one', () => {
    expect(fold(now, 'Be brief.')).toEqual(['system: Be brief.', 'user: and now?']);
  });
});

describe('the run that goes on', () => {
  test.each<[string, RecordedLine[], string[]]>([
    [
      'a cut answer stands before its correction',
      run('now', 'running', ['u', 'q'], ['i', 'It is '], ['s', 'no']),
      ['user: q', 'assistant: It is ', 'user: no'],
    ],
    [
      'cut before anything was shown, the correction joins the message',
      run('now', 'running', ['u', 'q'], ['s', 'no']),
      [`user: q${MARK}no`],
    ],
    [
      'cut after white space only: the same',
      run('now', 'running', ['u', 'q'], ['i', ' \n'], ['s', 'no']),
      [`user: q${MARK}no`],
    ],
    [
      'cut while it was thinking: the same',
      run('now', 'running', ['u', 'q'], ['i', ''], ['s', 'no']),
      [`user: q${MARK}no`],
    ],
    [
      'a flagged message carries its correction',
      run('now', 'running', ['u', 'q'], ['s', 'no', 0]),
      [`user: q${MARK}no`],
    ],
    [
      'two cuts, one after the other',
      run('now', 'running', ['u', 'q'], ['i', 'A'], ['s', 'not A'], ['i', 'B', 2], ['s', 'not B', 2]),
      ['user: q', 'assistant: A', 'user: not A', 'assistant: B', 'user: not B'],
    ],
    [
      'a second cut before anything was shown joins the correction before it',
      run('now', 'running', ['u', 'q'], ['i', 'A'], ['s', 'not A'], ['s', 'not B', 2]),
      ['user: q', 'assistant: A', `user: not A${MARK}not B`],
    ],
    [
      'a person who corrects after a cut, before the next turn: the beginning stands there once',
      run('now', 'running', ['u', 'q'], ['i', 'A'], ['s', 'not A'], ['s', 'and be brief']),
      ['user: q', 'assistant: A', `user: not A${MARK}and be brief`],
    ],
    [
      'a turn that was lost does not count',
      run('now', 'running', ['u', 'q'], ['i', 'lost'], ['i', 'B', 2], ['s', 'not B', 2]),
      ['user: q', 'assistant: B', 'user: not B'],
    ],
    ['a turn that was lost last does not count', run('now', 'running', ['u', 'q'], ['i', 'lost']), ['user: q']],
  ])('%s', (_, lines, expected) => {
    expect(fold(lines)).toEqual(expected);
  });

  test('what is queued behind it is not shown to the model', () => {
    const lines = [...run('r', 'answered', ['u', 'q'], ['a', 'x']), ...run('now', 'running', ['u', 'now'])];
    expect(fold(lines)).toEqual(['user: q', 'assistant: x', 'user: now']);
  });
});

describe('whatever happened', () => {
  const words = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '');
  const shown = fc.oneof({ weight: 3, arbitrary: words }, { weight: 1, arbitrary: fc.constantFrom('', ' ') });
  /** A turn as the ledger records one that is not the answer: lost with or without text, or cut and corrected. */
  const turn = fc.record({ shown, corrections: fc.array(words, { maxLength: 2 }) });
  const turns = fc.array(turn, { maxLength: 4 });
  const statuses = fc.constantFrom<Status>('answered', 'stopped', 'failed', 'blocked', 'expired');
  const earlierRuns = fc.array(fc.record({ status: statuses, question: words, turns, answer: shown }), {
    maxLength: 5,
  });

  type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

  function linesOf(id: string, status: Status, question: string, list: Turn[], answer?: string): RecordedLine[] {
    const middle = list.flatMap(({ shown: text, corrections }, index) => [
      ...(text === '' ? [] : run(id, status, ['i', text, index + 1])),
      ...corrections.flatMap((correction) => run(id, status, ['s', correction, index + 1])),
    ]);
    const end = status === 'answered' ? run(id, status, ['a', answer ?? '', list.length + 1]) : [];
    return [...run(id, status, ['u', question]), ...middle, ...end];
  }

  test('user and assistant alternate from a user to a user; nothing is empty; the current corrections are all there', () => {
    fc.assert(
      fc.property(earlierRuns, words, turns, fc.boolean(), (earlier, question, current, hasSystem) => {
        const before = earlier.flatMap((each, index) =>
          linesOf(`r${index}`, each.status, each.question, each.turns, each.answer),
        );
        const lines = [...before, ...linesOf('now', 'running', question, current)];
        const [first, ...rest] = messagesOf(foldTranscript(hasSystem ? 'Be brief.' : '', lines, 'now'));
        const messages = hasSystem ? rest : [first, ...rest];
        expect(first?.role).toBe(hasSystem ? 'system' : 'user');
        expect(messages.map((message) => message?.role)).toEqual(
          messages.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
        );
        expect(messages.at(-1)?.role).toBe('user');
        expect(messages.every((message) => message?.content !== '')).toBe(true);
        const corrections = current.flatMap((each) => each.corrections);
        const places = corrections.reduce((from, correction) => text(messages).indexOf(correction, from), 0);
        expect(places).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('runs that failed or were blocked leave no trace', () => {
    fc.assert(
      fc.property(earlierRuns, (earlier) => {
        const all = earlier.map((each, index) =>
          linesOf(`r${index}`, each.status, each.question, each.turns, each.answer),
        );
        const good = all.filter((_, index) => ['answered', 'stopped'].includes(earlier[index]?.status ?? ''));
        const now = run('now', 'running', ['u', 'and now?']);
        expect(fold([...all.flat(), ...now])).toEqual(fold([...good.flat(), ...now]));
      }),
    );
  });

  test('the lines themselves are left alone', () => {
    const lines = Object.freeze(run('now', 'running', ['u', 'q'], ['s', 'no']).map((line) => Object.freeze(line)));
    expect(() => foldTranscript('', lines, 'now')).not.toThrow();
  });

  function text(messages: readonly ({ content: string } | undefined)[]): string {
    return messages.map((message) => message?.content).join('\n');
  }
});
