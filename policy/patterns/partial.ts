/**
 * Builds, from an expression, the one that says where a text is undecided: it matches at a place exactly where an attempt of
 * the original to match there comes to the end of the text and wants to know what follows. Where it does not match, more text
 * changes nothing. It may match where more text would change nothing after all (`a|ab` after `a`), never the other way round.
 */
import type { AST } from '@eslint-community/regexpp';
import { widthsOf } from './widths.ts';

/** The very end of the text, with every flag. */
const END = '(?![^])';
/** Never matches. */
const NEVER = '(?!)';

/** Source of the partial expression, for the same flags. Groups do not capture, so that they may stand there twice. */
export function partialSource(alternatives: readonly AST.Alternative[], unicode: boolean): string {
  return group(alternatives.map((one) => partialSequence(one.elements, unicode)));
}

function group(parts: readonly string[]): string {
  const possible = parts.filter((part) => part !== NEVER);
  return possible.length === 0 ? NEVER : `(?:${possible.join('|')})`;
}

/** Source of the same expression without capturing groups. */
export function wholeSource(alternatives: readonly AST.Alternative[]): string {
  return `(?:${alternatives.map((one) => wholeSequence(one.elements)).join('|')})`;
}

function wholeSequence(elements: readonly AST.Element[]): string {
  return elements.map(wholeElement).join('');
}

function wholeElement(element: AST.Element): string {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return wholeSource(element.alternatives);
    case 'Quantifier':
      return `(?:${wholeElement(element.element)})${element.raw.slice(element.element.raw.length)}`;
    case 'Assertion':
      return 'alternatives' in element ? `(${opening(element)}${wholeSource(element.alternatives)})` : element.raw;
    default:
      return element.raw;
  }
}

function opening({ kind, negate }: AST.LookaroundAssertion): string {
  return `?${kind === 'lookbehind' ? '<' : ''}${negate ? '!' : '='}`;
}

/** The first element comes to the end of the text, or it matches and the rest does. */
function partialSequence(elements: readonly AST.Element[], unicode: boolean): string {
  const [first, ...rest] = elements;
  if (first === undefined) return NEVER;
  const partialRest = partialSequence(rest, unicode);
  const own = wholeElement(first);
  if (first.type !== 'Assertion' || !('alternatives' in first)) {
    return group([partialElement(first, unicode), partialRest === NEVER ? NEVER : own + partialRest]);
  }
  // An undecided lookaround matters only where the rest fits, or may still fit.
  const open = lookaround(first, unicode);
  if (open === NEVER) return partialRest === NEVER ? NEVER : own + partialRest;
  // In a lookahead, which is never tried again: several in a row would be tried in every combination.
  const both = partialRest === NEVER ? NEVER : `(?=${own}|${open})${partialRest}`;
  return group([`${open}${wholeSequence(rest)}`, both]);
}

function partialElement(element: AST.Element, unicode: boolean): string {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return partialSource(element.alternatives, unicode);
    case 'Quantifier':
      return partialQuantifier(element, unicode);
    case 'Assertion':
      return element.kind === 'start' ? NEVER : END;
    default:
      return END;
  }
}

function partialQuantifier({ element, max }: AST.Quantifier, unicode: boolean): string {
  const last = partialElement(element, unicode);
  if (max === 0 || last === NEVER) return NEVER;
  return max === 1 ? last : `(?:${wholeElement(element)}){0,${max - 1}}${last}`;
}

/** Where a lookaround is undecided. One that looks back depends on what follows only by what it looks ahead from there. */
function lookaround(element: AST.LookaroundAssertion, unicode: boolean): string {
  if (element.kind === 'lookahead') {
    const inner = partialSource(element.alternatives, unicode);
    return inner === NEVER ? NEVER : `(?=${inner})`;
  }
  const { ahead } = widthsOf(element.alternatives, unicode);
  return ahead === 0 ? NEVER : `(?![^]{${ahead}})`;
}
