/**
 * Masks what must not be shown, in messages, answers and reasoning: keys and tokens of well-known services, private keys, card numbers and account
 * numbers whose check digits are right. It holds back what can still become the beginning of one, and a secret to its end, however long; of
 * ordinary text next to nothing.
 */
import { z } from 'zod';
import type { Found } from './check-digits.ts';
import { definePolicy } from './define-policy.ts';
import type { PatternMatch, RedactVerdict, TextToJudge } from './policy.ts';
import { beginningsOf, CONTEXT, KINDS, type Kind, secretsAt } from './secret-kinds.ts';
import { StreamMemory } from './stream-memory.ts';

const options = z.strictObject({
  /** What is looked for; default: all but bearer tokens and account numbers, which are found by their looks alone. */
  kinds: z
    .array(z.enum(KINDS))
    .min(1)
    .default(KINDS.filter((kind) => kind !== 'bearer' && kind !== 'iban')),
  /** What is shown instead; `KIND` in it becomes the kind. */
  mask: z.string().max(200).default('[redacted KIND]'),
});

/**
 * What is known of a stream: the places that were looked at, and the secrets that still grow. Matches are told apart as objects, so that
 * another stream that goes by the same name is not mistaken for this one.
 */
interface Progress {
  /** Beginnings that were looked at. */
  seen: WeakSet<PatternMatch>;
  /** Beginnings of secrets that reach to the end of the text, leftmost first. */
  growing: readonly PatternMatch[];
  /** The text from `start` on, as far as it is needed for those that grow. */
  window: string;
  start: number;
}

export const secrets = definePolicy({
  name: 'secrets',
  options,
  create({ kinds, mask }) {
    const memory = new StreamMemory<Progress>();
    const patterns = beginningsOf(kinds);
    const redact = ({ from, to }: Found, kind: Kind): RedactVerdict => ({
      ...{ action: 'redact', from, to, mask: mask.replaceAll('KIND', kind), reason: kind, isSecret: true },
    });
    const judge = (text: string, from: number, isWhole: boolean): RedactVerdict[] =>
      kinds.flatMap((kind) => secretsAt(text, from, kind, isWhole).map((found) => redact(found, kind)));
    const onText = (stream: TextToJudge): RedactVerdict[] | undefined => {
      if (stream.matches.length === 0) return undefined;
      const progress = memory.of(stream, () => ({ seen: new WeakSet(), growing: [], window: '', start: 0 }));
      return follow(progress, stream, judge);
    };
    return {
      patterns,
      onText,
      onMessage: ({ content }) =>
        patterns
          .flatMap((pattern) => Array.from(content.matchAll(pattern), ({ index }) => judge(content, index, true)))
          .flat(),
    };
  },
});

type Judge = (text: string, from: number, isWhole: boolean) => RedactVerdict[];

/** Looks at the places that are new, and again at those whose secrets may have grown. With an empty delta the text is over. */
function follow(progress: Progress, { text, delta, matches }: TextToJudge, judge: Judge): RedactVerdict[] | undefined {
  const growing = progress.growing.filter((match) => matches.includes(match));
  const places = [...growing, ...matches.filter((match) => !progress.seen.has(match))].sort((a, b) => a.from - b.from);
  const [first] = places;
  if (first === undefined) return undefined;
  if (growing.length > 0) progress.window += delta;
  else {
    progress.start = Math.max(0, first.from - CONTEXT);
    progress.window = text.slice(progress.start);
  }
  const { window, start } = progress;
  const found = places.map(({ from }) => judge(window, from - start, delta === ''));
  for (const place of places) progress.seen.add(place);
  progress.growing = places.filter((_, index) => found[index]?.some(({ to }) => to >= window.length - 1));
  return found.flat().map((verdict) => moved(verdict, start));
}

function moved(verdict: RedactVerdict, by: number): RedactVerdict {
  return { ...verdict, from: verdict.from + by, to: verdict.to + by };
}
