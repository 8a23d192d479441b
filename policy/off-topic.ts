/**
 * `off-topic`: a message or an answer names a forbidden topic, or an answer none of the wanted ones by its end. Keywords are whole words
 * in any case. It holds back the longest forbidden keyword and one character: nothing of one is ever shown.
 */
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import type { Verdict } from './policy.ts';
import { TextEnds } from './text-end.ts';
import { block, interject } from './verdicts.ts';
import { isWellFormed } from './well-formed.ts';

const LONGEST_KEYWORD = 200;
/** A word goes on with one of these. */
const WORD = '[\\p{L}\\p{M}\\p{N}_]';

const keywords = z
  .array(
    z
      .string()
      .min(1)
      .max(LONGEST_KEYWORD)
      .refine((keyword) => isWellFormed(keyword) && keyword === keyword.trim(), {
        error: 'must not begin or end with white space, nor hold half a surrogate pair',
      }),
  )
  .min(1)
  .max(1000);

const options = z
  .strictObject({
    forbidden: keywords.optional().describe('keywords that neither a message nor an answer may name'),
    wanted: keywords.optional().describe('an answer must name at least one of these keywords'),
    action: z
      .enum(['interject', 'block'])
      .default('interject')
      .describe('`interject`: correct for it; `block`: end the run'),
  })
  .refine(({ forbidden, wanted }) => forbidden !== undefined || wanted !== undefined, {
    error: "give forbidden or wanted keywords, for example { forbidden: ['lottery'] }",
  });

type Options = z.output<typeof options>;

export const offTopic = definePolicy({
  name: 'off-topic',
  options,
  create({ forbidden = [], wanted = [], action }) {
    const longest = Math.max(0, ...forbidden.map(({ length }) => length)) + 1;
    const ends = new TextEnds(2 * longest + CONTEXT);
    const bad = wordsPattern(forbidden);
    const good = wordsPattern(wanted);
    const lacks = (text: string): boolean => good !== undefined && !good.test(text);
    return {
      ...(bad !== undefined && {
        holdback: longest,
        onMessage: ({ content }) => {
          const found = bad.exec(content)?.[0];
          return found === undefined ? undefined : aboutMessage(found, action);
        },
        onText(stream) {
          const end = ends.of(stream);
          const start = stream.text.length - end.length;
          const found = findInEnd(bad, end, start === 0 ? 0 : CONTEXT);
          return found === undefined ? undefined : aboutAnswer(found[0], start + found.index, action);
        },
      }),
      onTurnEnd({ text, channel }) {
        const found = bad?.exec(text);
        if (found) return aboutAnswer(found[0], found.index, action);
        return channel === 'text' && lacks(text) ? aboutLack(wanted, text.length, action) : undefined;
      },
    };
  },
});

/** Characters before a match that its left boundary may depend on: one code point. */
const CONTEXT = 2;

/** Any of them as whole words; undefined without any. */
function wordsPattern(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined;
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const any = longestFirst.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s/g, '\\s')).join('|');
  return new RegExp(`(?<!${WORD})(?:${any})(?!${WORD})`, 'iu');
}

/** The leftmost match that a later character cannot undo. */
function findInEnd(pattern: RegExp, end: string, from: number): RegExpExecArray | undefined {
  const all = new RegExp(pattern.source, `${pattern.flags}g`);
  all.lastIndex = from;
  const found = all.exec(end);
  // The next character may still make it a part of a longer word; a high surrogate is half of one.
  const isDecided = found !== null && /[^\uD800-\uDBFF]/.test(end.slice(found.index + found[0].length));
  return isDecided ? found : undefined;
}

function aboutMessage(keyword: string, action: Options['action']): Verdict {
  if (action === 'block') return block(`the message names "${keyword}"`);
  return interject(`The message above names "${keyword}", which is not a topic here. Say so, without dwelling on it.`);
}

function aboutAnswer(keyword: string, from: number, action: Options['action']): Verdict {
  if (action === 'block') return block(`the answer names "${keyword}"`);
  return interject(`Your answer was stopped because it named "${keyword}". Answer again without that topic.`, { from });
}

function aboutLack(wanted: readonly string[], from: number, action: Options['action']): Verdict {
  const named = wanted
    .slice(0, 10)
    .map((word) => `"${word}"`)
    .join(', ');
  if (action === 'block') return block(`the answer names none of ${named}`);
  return interject(`Your answer named none of ${named}. Answer again and keep to the topic.`, { from });
}
