/**
 * The built-in policy `pattern`: literals and regular expressions that must not occur in messages or in answers, and what to do
 * where one does. It holds back of an answer only what could still become one of them. Expressions must be bounded.
 */
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import { boundPattern } from './patterns/bounded-pattern.ts';
import type { PatternMatch, Verdict } from './policy.ts';
import { block, cut, interject, pause, redact } from './verdicts.ts';

const MAX_IGNORED = 10;

const expression = z.union([z.string().min(1), z.strictObject({ source: z.string().min(1), flags: z.string() })]);

const options = z
  .strictObject({
    /** Words or phrases, as they are written. */
    literals: z.array(z.string().min(1)).default([]),
    /** Sources of regular expressions, or `{ source, flags }`. */
    expressions: z.array(expression).default([]),
    /** Capitals and small letters are the same, in literals and in expressions. */
    ignoreCase: z.boolean().default(false),
    /** Characters that may stand between two characters of a literal, such as ` -.`. */
    ignore: z.string().default(''),
    /** How many of them at one place. */
    ignoreAtMost: z.int().min(1).max(MAX_IGNORED).default(3),
    action: z.enum(['interject', 'cut', 'redact', 'block', 'pause']).default('interject'),
    /** The correction, for `interject`; default: one that names the pattern. */
    text: z.string().min(1).optional(),
    /** For people, for the other actions; default: one that names the pattern. */
    reason: z.string().min(1).optional(),
    /** What is shown instead, for `redact`. */
    mask: z.string().min(1).default('[redacted]'),
    /** Where to look: in what users write, in what the model writes (its reasoning too), or in both. */
    lookIn: z
      .array(z.enum(['messages', 'answers']))
      .min(1)
      .default(['messages', 'answers']),
  })
  .refine(({ literals, expressions }) => literals.length + expressions.length > 0, 'give literals or expressions')
  .superRefine((given, context) => {
    given.expressions.forEach((one, index) => {
      const problem = problemOf(one, given);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: ['expressions', index], message: problem });
    });
  });

type Options = z.output<typeof options>;

export const pattern = definePolicy({
  name: 'pattern',
  options,
  create: (given) => {
    const { literals, expressions, lookIn } = given;
    const literalPatterns = literals.map((one) => literalPattern(one, given));
    const patterns = [...literalPatterns, ...expressions.map((one) => readExpression(one, given))];
    const written = new Map(literalPatterns.map((one, index) => [String(one), `"${literals[index]}"`]));
    const judge = (matches: readonly PatternMatch[]) => verdicts(matches, written, given);
    return {
      ...(lookIn.includes('messages') && { onMessage: ({ content }) => judge(matchesIn(content, patterns)) }),
      ...(lookIn.includes('answers') && { patterns, onText: ({ matches }) => judge(matches) }),
    };
  },
});

function problemOf(one: z.output<typeof expression>, given: Pick<Options, 'ignoreCase'>): string | undefined {
  try {
    boundPattern(readExpression(one, given));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readExpression(one: z.output<typeof expression>, { ignoreCase }: Pick<Options, 'ignoreCase'>): RegExp {
  const { source, flags } = typeof one === 'string' ? { source: one, flags: '' } : one;
  return new RegExp(source, ignoreCase && !flags.includes('i') ? `${flags}i` : flags);
}

/** Left as it is where nothing is ignored: literals are searched all at once. */
function literalPattern(literal: string, { ignore, ignoreAtMost, ignoreCase }: Options): string | RegExp {
  if (ignore === '' && !ignoreCase) return literal;
  const between = ignore === '' ? '' : `[${[...ignore].map(escaped).join('')}]{0,${ignoreAtMost}}`;
  return new RegExp([...literal].map(escaped).join(between), ignoreCase ? 'iu' : 'u');
}

/** So that no character means anything, inside a class or outside; short, because the length of an expression is limited. */
function escaped(character: string): string {
  if (character === '-') return '\\x2d';
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

/** All matches of a whole text, leftmost first. */
function matchesIn(text: string, patterns: readonly (string | RegExp)[]): PatternMatch[] {
  const found = patterns.flatMap((one) =>
    typeof one === 'string' ? literalMatches(text, one) : allMatches(text, one),
  );
  return found.sort((a, b) => a.from - b.from || a.to - b.to);
}

function literalMatches(text: string, literal: string): PatternMatch[] {
  const found: PatternMatch[] = [];
  for (let from = text.indexOf(literal); from >= 0; from = text.indexOf(literal, from + 1)) {
    found.push({ pattern: literal, from, to: from + literal.length });
  }
  return found;
}

function allMatches(text: string, { source, flags }: RegExp): PatternMatch[] {
  const all = text.matchAll(new RegExp(source, `${flags.replace('g', '')}g`));
  return Array.from(all, ({ index, 0: { length } }) => ({
    pattern: `/${source}/${flags}`,
    from: index,
    to: index + length,
  }));
}

/** `written`: literals as people wrote them, by their pattern. */
type Written = ReadonlyMap<string, string>;

function verdicts(matches: readonly PatternMatch[], written: Written, given: Options): readonly Verdict[] {
  const [first] = matches;
  if (first === undefined) return [];
  const { action, mask, reason } = given;
  if (action !== 'redact') return [verdict(action, written.get(first.pattern) ?? first.pattern, given)];
  return matches.map(({ from, to }) => redact(from, to, mask, reason === undefined ? {} : { reason }));
}

/** Readers see what it says, so it names the pattern and never quotes what was found: that is withheld. */
function verdict(action: Exclude<Options['action'], 'redact'>, found: string, given: Options) {
  const reason = given.reason ?? `it contains ${found}`;
  switch (action) {
    case 'interject':
      return interject(given.text ?? `Answer without ${found}.`);
    case 'cut':
      return cut(reason);
    case 'block':
      return block(reason);
    default:
      return pause(reason);
  }
}
