/**
 * `repetition`: a model that goes round in circles: the same words, the same lines, or one token for ever. It looks at a bounded end of the
 * text while the stream runs and holds nothing back: what is repeated has been shown once already.
 */
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import { Repetitions } from './phrases.ts';
import type { TextToJudge } from './policy.ts';
import { StreamMemory } from './stream-memory.ts';
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

/** What is remembered of a stream. */
interface Progress {
  /** The window's text, without the newest delta. */
  end: string;
  repetitions: Repetitions;
}

export const repetition = definePolicy({
  name: 'repetition',
  options,
  create(limits) {
    const memory = new StreamMemory<Progress>();
    return {
      holdback: 0,
      onText(stream) {
        const progress = memory.of(stream, () => beginning(stream, limits));
        const what = findRepetition(progress, stream, limits);
        if (what === undefined) return undefined;
        if (limits.action === 'cut') return cut(`the answer repeats itself: ${what}`);
        return interject(`You repeated yourself: ${what}. Answer again, briefly, and say nothing twice.`);
      },
    };
  },
});

/** What is repeated at the end of a text that ends with `delta`, in words; undefined: nothing. */
export function repetitionIn(text: string, delta: string, limits: Options): string | undefined {
  return findRepetition(beginning({ text, delta }, limits), { text, delta }, limits);
}

type Newest = Pick<TextToJudge, 'text' | 'delta'>;

/** What would be remembered of a text before its newest delta. */
function beginning({ text, delta }: Newest, limits: Options): Progress {
  const length = text.length - delta.length;
  const start = startOfWhole(text, Math.max(0, length - WINDOW));
  const repetitions = new Repetitions({ ...limits, shortestLine: SHORTEST_LINE }, start);
  repetitions.read(text.slice(start, length));
  return { end: text.slice(Math.max(0, length - WINDOW), length), repetitions };
}

/** Where a line begins, at or before `start`; of a longer one as much as shows that it is none that lies in the window. */
function startOfWhole(text: string, start: number): number {
  let whole = start;
  while (whole > 0 && text[whole - 1] !== '\n' && /\s/.test(text[whole - 1] ?? '')) whole--;
  return text[whole - 1] === '\n' ? whole : Math.max(0, whole - 1);
}

/** What is repeated, in words. */
function findRepetition(progress: Progress, { text, delta }: Newest, limits: Options): string | undefined {
  const windowStart = Math.max(0, text.length - delta.length - WINDOW);
  progress.end = (progress.end + delta).slice(-(WINDOW + delta.length));
  progress.repetitions.read(delta);
  if (isRun(progress.end, limits.tokens)) return 'the same characters over and over';
  // Phrases and lines change where a word ends.
  if (!/\s/.test(delta)) return undefined;
  const found = progress.repetitions.found(windowStart);
  if (found === 'line') return `the same line ${limits.lines} times`;
  return found === 'phrase' ? `the same ${limits.words} words ${limits.repeats} times` : undefined;
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
