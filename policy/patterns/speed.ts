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
  if (waysOf(alternatives) <= FEW_WAYS || isProved(source, expression)) return;
  throw new PatternError(
    'it could try one text in very many ways, which takes for ever; make its repetitions shorter or exclude each other',
  );
}

function waysOf(alternatives: readonly AST.Alternative[]): number {
  return alternatives.reduce((sum, { elements }) => sum + elements.reduce((ways, one) => ways * waysOfOne(one), 1), 0);
}

function waysOfOne(element: AST.Element): number {
  if ('alternatives' in element) return waysOf(element.alternatives);
  if (element.type !== 'Quantifier') return 1;
  const { min, max } = element;
  const once = waysOfOne(element.element);
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
