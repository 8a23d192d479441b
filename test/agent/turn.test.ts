/** One turn as a stream of deltas, from whatever a backend streams. */
import { expect, test } from 'vitest';
import type { Backend, ModelRequest, StreamPart } from '../../agent/backend/backend.ts';
import { BackendError } from '../../agent/backend/errors.ts';
import { type Delta, LONGEST_TURN_CHARACTERS, runTurn, type TurnFinish } from '../../agent/turn.ts';

const REQUEST: ModelRequest = { model: 'm', messages: [{ role: 'user', content: 'hello' }], options: {} };

/** A backend is an interface: this one streams a list. */
function listBackend(parts: readonly StreamPart[], onClose: () => void = () => {}): Backend {
  return {
    definition: { name: 'list', kind: 'openai', url: 'http://127.0.0.1:1' },
    probe: () => Promise.reject(new Error('not asked in this test')),
    async *stream() {
      try {
        yield* parts;
      } finally {
        onClose();
      }
    },
  };
}

async function play(backend: Backend, dropSpace?: number): Promise<{ deltas: Delta[]; finish: TurnFinish }> {
  const turn = runTurn(backend, REQUEST, new AbortController().signal, undefined, dropSpace);
  const deltas: Delta[] = [];
  for (;;) {
    const next = await turn.next();
    if (next.done) return { deltas, finish: next.value };
    deltas.push(next.value);
  }
}

const text = (content: string): StreamPart => ({ type: 'text-delta', text: content });
const reasoning = (content: string): StreamPart => ({ type: 'reasoning-delta', text: content });
const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 0 };

test('each channel counts its own offsets, in UTF-16 code units', async () => {
  const parts = [reasoning('hm'), text('\u{1F600}'), reasoning('m'), text('b')];
  const { deltas, finish } = await play(listBackend([...parts, { type: 'finish', reason: 'stop', usage }]));
  expect(deltas).toEqual([
    { channel: 'reasoning', offset: 0, text: 'hm' },
    { channel: 'text', offset: 0, text: '\u{1F600}' },
    { channel: 'reasoning', offset: 2, text: 'm' },
    { channel: 'text', offset: 2, text: 'b' },
  ]);
  expect(finish).toEqual({ reason: 'stop', usage });
});

test.each<[number, string[], string[]]>([
  [0, [' a'], [' a']],
  [1, [' a b'], ['a b']],
  [1, ['  a'], [' a']],
  [2, [' ', '\n', ' a'], [' a']],
  [3, [' ', 'a', ' b'], ['a', ' b']],
  [2, ['a', '  b'], ['a', '  b']],
])('at most %i characters of white space at the beginning are left out: %j is %j', async (most, pieces, expected) => {
  const parts = [reasoning(' hm'), ...pieces.map(text)];
  const { deltas } = await play(listBackend([...parts, { type: 'finish', reason: 'stop', usage }]), most);
  const [thought, ...said] = deltas;
  expect(thought).toEqual({ channel: 'reasoning', offset: 0, text: ' hm' });
  expect(said.map((delta) => delta.text)).toEqual(expected);
  expect(said.map(({ offset }) => offset)).toEqual(
    expected.map((_, index) => expected.slice(0, index).join('').length),
  );
});

test('a turn that becomes too long ends as at a token limit, and the model call is closed', async () => {
  let closed = false;
  const endless = Array.from({ length: 50 }, () => text('x'.repeat(100_000)));
  const { deltas, finish } = await play(
    listBackend(endless, () => {
      closed = true;
    }),
  );
  const length = deltas.reduce((sum, delta) => sum + delta.text.length, 0);
  expect(length).toBeGreaterThan(LONGEST_TURN_CHARACTERS);
  expect(length).toBeLessThanOrEqual(LONGEST_TURN_CHARACTERS + 100_000);
  expect(finish).toEqual({ reason: 'length', usage: undefined });
  expect(closed).toBe(true);
});

test('a stream that ends without a finish has failed', async () => {
  const failure = await play(listBackend([text('half an ans')])).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BackendError);
  expect(failure).toMatchObject({ code: 'backend_truncated' });
});

test('an error of the backend is the error of the turn', async () => {
  const failing: Backend = {
    ...listBackend([]),
    // biome-ignore lint/correctness/useYield: it fails before its first part
    async *stream() {
      throw new BackendError('context_overflow', 'too long');
    },
  };
  await expect(play(failing)).rejects.toMatchObject({ code: 'context_overflow' });
});
