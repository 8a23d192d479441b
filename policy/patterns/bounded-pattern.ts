/**
 * Makes of a regular expression what a search in a stream needs: bounds, and the partial expression that says what is still
 * undecided. Whatever cannot be searched in a stream, or could take for ever, is refused with the reason.
 */
import { type AST, parseRegExpLiteral } from '@eslint-community/regexpp';
import { partialSource, wholeSource } from './partial.ts';
import { checkSpeed } from './speed.ts';
import { PatternError, type Widths, widthsOf } from './widths.ts';

/** UTF-16 units: the longest match, with what its lookarounds look at. */
const MAX_MATCH_LENGTH = 1000;

/** Characters of an expression's source. */
const MAX_SOURCE_LENGTH = 1000;

/** An expression that may be searched in a stream. */
export interface BoundedPattern {
  /** `/source/flags`, as it was given. */
  label: string;
  /**
   * Finds, from `lastIndex` on, the first place where the text is undecided (an empty match; also where the expression does match there), or
   * else matches.
   */
  next: RegExp;
  /** The expression, global: a search begins at `lastIndex`. */
  whole: RegExp;
  /** The expression at `lastIndex` and nowhere else. */
  there: RegExp;
  widths: Readonly<Widths>;
}

/** Expressions live as long as their policy; the proof takes milliseconds. */
const known = new WeakMap<RegExp, BoundedPattern>();

/**
 * Flags `i`, `m`, `s`, `u` and `v` are kept; `g` and `d` change nothing and are dropped.
 * @throws PatternError
 */
export function boundPattern(expression: RegExp): BoundedPattern {
  const found = known.get(expression);
  if (found !== undefined) return found;
  const bounded = read(expression);
  known.set(expression, bounded);
  return bounded;
}

function read(expression: RegExp): BoundedPattern {
  const { source, flags: given, sticky } = expression;
  if (sticky) throw new PatternError('the flag "y" ties it to one place; use "^" for the start of the text');
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new PatternError(`its source has ${source.length} characters, at most ${MAX_SOURCE_LENGTH} are allowed`);
  }
  const alternatives = parse(expression);
  const byCodePoint = /[uv]/.test(given);
  const widths = widthsOf(alternatives, byCodePoint);
  checkWidths(widths);
  checkSpeed(alternatives, wholeSource(alternatives), expression);
  const flags = given.replace(/[gd]/g, '');
  const next = new RegExp(`(?=${partialSource(alternatives, byCodePoint)})|${source}`, `${flags}g`);
  const [whole, there] = [new RegExp(source, `${flags}g`), new RegExp(source, `${flags}y`)];
  return { label: String(expression), next, whole, there, widths };
}

/** For an expression that is tried on whole texts only: it needs no bounds, but may not take for ever. @throws PatternError */
export function checkWholeTextPattern(expression: RegExp): void {
  const alternatives = parse(expression);
  checkSpeed(alternatives, wholeSource(alternatives), expression);
}

function parse(expression: RegExp): AST.Alternative[] {
  try {
    return parseRegExpLiteral(expression).pattern.alternatives;
  } catch (error) {
    throw new PatternError(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkWidths({ min, max, ahead, behind }: Widths): void {
  if (min === 0) throw new PatternError('it matches the empty text, so it would match everywhere');
  const reach = max + ahead + behind;
  if (reach <= MAX_MATCH_LENGTH) return;
  throw new PatternError(`a match can be ${reach} characters long, lookarounds included; at most ${MAX_MATCH_LENGTH}`);
}
