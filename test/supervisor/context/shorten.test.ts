/** Which part of a conversation goes when it is longer than the context. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../../agent/backend/backend.ts';
import { promptRoom, shorten } from '../../../supervisor/context/shorten.ts';
import { roughTokens } from '../../../supervisor/context/token-estimate.ts';
import { messagesOf, type Transcript } from '../../../supervisor/transcript.ts';

const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });

/** A conversation of so many earlier runs, each message as many characters long. */
function talk(runs: number, characters: number): Transcript {
  const earlier = Array.from({ length: runs }, (_, index) => [
    user(`${index}`.padEnd(characters, 'q')),
    assistant(`${index}`.padEnd(characters, 'a')),
  ]);
  return { system: [{ role: 'system', content: 'Be brief.' }], earlier, current: [user('and now?')] };
}

const characters = (messages: readonly ModelMessage[]): number =>
  messages.reduce((sum, { content }) => sum + content.length, 0);
const all = Number.POSITIVE_INFINITY;

describe('a conversation', () => {
  test('that fits stays as it is', () => {
    const transcript = talk(3, 10);
    const room = characters(messagesOf(transcript));
    expect(shorten(transcript, { room, keepAtMost: all, tokensOf: characters })).toEqual(transcript);
  });

  test('that is too long loses whole runs, oldest first, and some more than it must: the next ones then change nothing', () => {
    const room = characters(messagesOf(talk(8, 10)));
    const beginnings = [8, 9, 10, 11].map((runs) => {
      const { earlier } = shorten(talk(runs, 10), { room, keepAtMost: all, tokensOf: characters });
      return earlier[0]?.[0]?.content[0];
    });
    expect(beginnings).toEqual(['0', '3', '3', '3']);
  });

  test('whose current run is too long by itself keeps that and the system prompt', () => {
    const transcript = talk(3, 10);
    const { system, earlier, current } = shorten(transcript, { room: 5, keepAtMost: all, tokensOf: characters });
    expect([system, earlier, current]).toEqual([transcript.system, [], transcript.current]);
  });

  test('that was refused keeps as many runs as it may', () => {
    const { earlier } = shorten(talk(6, 10), { room: all, keepAtMost: 2, tokensOf: characters });
    expect(earlier.map(([question]) => question?.content[0])).toEqual(['4', '5']);
  });
});

describe('whatever the conversation', () => {
  const words = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
  const transcripts: fc.Arbitrary<Transcript> = fc.record({
    system: fc.oneof(
      fc.constant([]),
      words.map((content) => [{ role: 'system' as const, content }]),
    ),
    earlier: fc.array(
      fc.tuple(words, words).map(([question, answer]) => [user(question), assistant(answer)]),
      { maxLength: 20 },
    ),
    current: fc
      .tuple(words, fc.array(fc.tuple(words, words), { maxLength: 2 }))
      .map(([question, cuts]) => [user(question), ...cuts.flatMap(([cut, why]) => [assistant(cut), user(why)])]),
  });
  const rooms = fc.integer({ min: 0, max: 3000 });
  const mosts = fc.oneof(fc.constant(all), fc.nat(20));

  test('what is kept is its end, whole runs of it, with the system prompt and the current run', () => {
    fc.assert(
      fc.property(transcripts, rooms, mosts, (transcript, room, keepAtMost) => {
        const kept = shorten(transcript, { room, keepAtMost, tokensOf: roughTokens });
        expect(kept.system).toBe(transcript.system);
        expect(kept.current).toBe(transcript.current);
        expect(kept.earlier.length).toBeLessThanOrEqual(keepAtMost);
        expect(kept.earlier).toEqual(transcript.earlier.slice(transcript.earlier.length - kept.earlier.length));
        const roles = messagesOf(kept).map(({ role }) => role);
        const turns = transcript.system.length > 0 ? roles.slice(1) : roles;
        expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')));
        expect(turns.at(-1)).toBe('user');
      }),
    );
  });

  test('it fits, or nothing is left that could go; what fits is not touched', () => {
    fc.assert(
      fc.property(transcripts, rooms, (transcript, room) => {
        const kept = shorten(transcript, { room, keepAtMost: all, tokensOf: roughTokens });
        if (roughTokens(messagesOf(transcript)) + 2 * transcript.earlier.length + 2 <= room)
          expect(kept).toEqual(transcript);
        const isMinimum = kept.earlier.length === 0;
        expect(isMinimum || roughTokens(messagesOf(kept)) <= room).toBe(true);
      }),
    );
  });
});

test.each([
  ['maxTokens, where that leaves most of the context', 4096, 500, 3596],
  ['a quarter, where maxTokens is most of the context', 4096, 4000, 3072],
  ['a quarter, where nothing is said', 2048, undefined, 1536],
  ['at most 1024', 32_768, undefined, 31_744],
])('the answer gets %s', (_, context, maxTokens, room) => {
  expect(promptRoom(context, maxTokens)).toBe(room);
});
