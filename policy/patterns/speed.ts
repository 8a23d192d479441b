/**
 * Refuses expressions that could take for ever although their matches are short, such as `(a|a){1,25}b`. Most expressions have so
 * few ways to be tried at one place that counting them is enough; the others must be shown to be unambiguous.
 */
import type { AST } from '@eslint-community/regexpp';
import { isSafePattern } from 'redos-detector';
import { PatternError } from './widths.ts';

/** Ways to try an expression at one place that are always fast enough. */
const FEW_WAYS = 5000;

/** The steps decide; the time, in milliseconds, only ends what takes absurdly long. */
const PROOF = { maxScore: 200, maxSteps: 4000, timeout: 10_000 };

/** `source` must be the same expression without capturing groups. @throws PatternError */
export function checkSpeed(alternatives: readonly AST.Alternative[], source: string, expression: RegExp): void {
  if (waysOf(alternatives, expression.flags) <= FEW_WAYS || isProved(source, expression)) return;
  throw new PatternError(
    'it could try one text in very many ways, which takes for ever; make its repetitions shorter or exclude each other',
  );
}

function waysOf(alternatives: readonly AST.Alternative[], flags: string): number {
  return alternatives.reduce((sum, { elements }) => sum + waysOfSequence(elements, flags), 0);
}

function waysOfSequence(elements: readonly AST.Element[], flags: string): number {
  return elements.reduce(
    (ways, one, index) => ways * (endsItself(one, elements[index + 1], flags) ? 1 : waysOfOne(one, flags)),
    1,
  );
}

/** `x{1,40}` before a character that is no `x`: only one number of repetitions can go on. */
function endsItself(element: AST.Element, next: AST.Element | undefined, flags: string): boolean {
  if (element.type !== 'Quantifier' || next?.type !== 'Character' || element.max === Number.POSITIVE_INFINITY)
    return false;
  const { type, raw } = element.element;
  if (type !== 'Character' && type !== 'CharacterClass' && type !== 'CharacterSet') return false;
  return !new RegExp(`^${raw}$`, flags.replace(/[gm]/g, '')).test(String.fromCodePoint(next.value));
}

function waysOfOne(element: AST.Element, flags: string): number {
  if ('alternatives' in element) return waysOf(element.alternatives, flags);
  if (element.type !== 'Quantifier') return 1;
  const { min, max } = element;
  if (max === Number.POSITIVE_INFINITY) return max;
  const once = waysOfOne(element.element, flags);
  if (once === 1) return max - min + 1;
  return Array.from({ length: max - min + 1 }, (_, more) => once ** (min + more)).reduce((sum, ways) => sum + ways, 0);
}

function isProved(source: string, { ignoreCase, dotAll, multiline, flags: given }: RegExp): boolean {
  const flags = { caseInsensitive: ignoreCase, dotAll, multiLine: multiline, unicode: /[uv]/.test(given) };
  try {
    return isSafePattern(source, { ...PROOF, ...flags }).safe;
  } catch {
    // It does not read every syntax; then nothing is proved.
    return false;
  }
}
