/**
 * `repetition`: a model that goes round in circles: the same words, the same lines, or one token for ever. It looks at a bounded end of the
 * text while the stream runs and holds nothing back: what is repeated has been shown once already.
 */
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import { TextEnds } from './text-end.ts';
import { cut, interject } from './verdicts.ts';

/** Characters before the newest delta that are looked at. */
const WINDOW = 1500;
/** Characters of a token that is repeated for ever. */
const LONGEST_TOKEN = 16;
/** Rules, table heads and the like are as long as this in good answers. */
const LONGEST_RULE = 200;
/** Shorter lines, like closing brackets, are repeated in good answers. */
const SHORTEST_LINE = 12;

const options = z.strictObject({
  words: z.int().min(2).max(50).default(8).describe('words of a phrase'),
  repeats: z.int().min(2).max(100).default(4).describe('so often the same phrase is too often'),
  lines: z.int().min(2).max(100).default(8).describe(`so often the same line, of ${SHORTEST_LINE} characters or more`),
  tokens: z.int().min(4).max(90).default(40).describe('so often the same few characters in a row'),
  action: z
    .enum(['interject', 'cut'])
    .default('interject')
    .describe('`interject`: have it answer again; `cut`: end the run'),
});

type Options = z.output<typeof options>;

export const repetition = definePolicy({
  name: 'repetition',
  options,
  create(limits) {
    const ends = new TextEnds(WINDOW);
    return {
      holdback: 0,
      onText(stream) {
        const what = findRepetition(ends.of(stream), stream.delta, limits);
        if (what === undefined) return undefined;
        if (limits.action === 'cut') return cut(`the answer repeats itself: ${what}`);
        return interject(`You repeated yourself: ${what}. Answer again, briefly, and say nothing twice.`);
      },
    };
  },
});

/** What is repeated, in words; undefined: nothing. `end`: the end of a text, which ends with `delta`. */
export function findRepetition(end: string, delta: string, limits: Options): string | undefined {
  if (isRun(end, limits.tokens)) return 'the same characters over and over';
  // Phrases and lines change where a word ends.
  if (!/\s/.test(delta)) return undefined;
  if (repeatsLine(end, limits.lines)) return `the same line ${limits.lines} times`;
  return repeatsPhrase(end, limits) ? `the same ${limits.words} words ${limits.repeats} times` : undefined;
}

/** Whether the text ends with one short token, so often. */
function isRun(end: string, tokens: number): boolean {
  for (let period = 1; period <= LONGEST_TOKEN; period++) {
    const length = periodicLength(end, period);
    if (length < period * tokens) continue;
    const token = end.slice(-period);
    if (/[\p{L}\p{N}]/u.test(token) || (token.trim() !== '' && length >= LONGEST_RULE)) return true;
  }
  return false;
}

/** Length of the longest end in which every character is the one `period` before it. */
function periodicLength(end: string, period: number): number {
  let index = end.length - 1;
  while (index >= period && end.charCodeAt(index) === end.charCodeAt(index - period)) index--;
  return end.length - 1 - index + Math.min(period, index + 1);
}

function repeatsLine(end: string, most: number): boolean {
  // The last one is not complete.
  const lines = end.split('\n').slice(0, -1);
  return mostEqual(lines.map((line) => line.trim()).filter((line) => line.length >= SHORTEST_LINE)) >= most;
}

function mostEqual(items: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Whether some phrase occurs so often in the text, without overlapping itself. */
function repeatsPhrase(end: string, { words: length, repeats }: Options): boolean {
  // The last one is not complete, unless a space follows it; then it is empty.
  const words = end.split(/\s+/).slice(0, -1);
  const seen = new Map<string, { count: number; next: number }>();
  for (let index = 0; index + length <= words.length; index++) {
    const phrase = words.slice(index, index + length).join(' ');
    const { count, next } = seen.get(phrase) ?? { count: 0, next: 0 };
    if (index < next || !/[\p{L}\p{N}]/u.test(phrase)) continue;
    if (count + 1 >= repeats) return true;
    seen.set(phrase, { count: count + 1, next: index + length });
  }
  return false;
}
