/**
 * How far a regular expression can reach: the shortest and longest text that it matches, and how far its lookarounds, `\b`, `^`
 * and `$` look beyond both ends of that. All in UTF-16 units, never too small; what has no bound is refused with the reason.
 */
import type { AST } from '@eslint-community/regexpp';

/** An expression that cannot be searched in a stream; the message says why and what to do. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** UTF-16 units. */
export interface Widths {
  min: number;
  max: number;
  /** How far it looks beyond the end of a match. */
  ahead: number;
  /** How far it looks before the start of a match. */
  behind: number;
}

const EMPTY: Widths = { min: 0, max: 0, ahead: 0, behind: 0 };
const EDGES = {
  start: { ...EMPTY, behind: 1 },
  end: { ...EMPTY, ahead: 1 },
  word: { ...EMPTY, ahead: 1, behind: 1 },
};

/** The widths of what stands between bars. @throws PatternError */
export function widthsOf(alternatives: readonly AST.Alternative[], unicode: boolean): Widths {
  return alternatives.map((one) => sequence(one.elements, unicode)).reduce(either);
}

function either(a: Widths, b: Widths): Widths {
  return { ...farther(a, b), min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function farther(a: Widths, b: Widths): Pick<Widths, 'ahead' | 'behind'> {
  return { ahead: Math.max(a.ahead, b.ahead), behind: Math.max(a.behind, b.behind) };
}

function sequence(elements: readonly AST.Element[], unicode: boolean): Widths {
  refuseHalves(elements);
  return elements
    .map((element) => widthsOfElement(element, unicode))
    .reduce((a, b) => ({ ...farther(a, b), min: a.min + b.min, max: a.max + b.max }), EMPTY);
}

function widthsOfElement(element: AST.Element, unicode: boolean): Widths {
  switch (element.type) {
    case 'Character':
      return fixed(element.value > 0xffff ? 2 : 1);
    case 'Group':
      if (element.modifiers !== null)
        throw new PatternError(`"${element.raw}" sets flags inside; set them for the whole`);
      return widthsOf(element.alternatives, unicode);
    case 'CapturingGroup':
      return widthsOf(element.alternatives, unicode);
    case 'Quantifier':
      return repeated(element, unicode);
    case 'Assertion':
      return assertion(element, unicode);
    case 'Backreference':
      throw new PatternError(`the back-reference "${element.raw}" is not supported; write what it stands for`);
    default:
      return oneOfMany(element, unicode);
  }
}

function fixed(width: number): Widths {
  return { ...EMPTY, min: width, max: width };
}

function oneOfMany(element: AST.CharacterSet | AST.CharacterClass | AST.ExpressionCharacterClass, unicode: boolean) {
  if (holdsStrings(element))
    throw new PatternError(`"${element.raw}" stands for several characters; list them with "|"`);
  if (!unicode) refuseHalvesInClass(element);
  return { ...EMPTY, min: 1, max: unicode ? 2 : 1 };
}

/** Only with the flag `v`: `\q{abc}` and properties of strings such as `\p{RGI_Emoji}`. */
function holdsStrings(element: AST.CharacterSet | AST.CharacterClass | AST.ExpressionCharacterClass): boolean {
  if (element.type === 'CharacterSet') return element.kind === 'property' && element.strings;
  if (element.type === 'CharacterClass' && !element.unicodeSets) return false;
  return /\\q\{|\\p\{(?:RGI_|Basic_Emoji|Emoji_Keycap)/.test(element.raw);
}

function repeated({ element, max, min, raw }: AST.Quantifier, unicode: boolean): Widths {
  if (element.type === 'Assertion')
    throw new PatternError(`"${raw}" repeats what matches no character; take that away`);
  const once = widthsOfElement(element, unicode);
  if (max === Number.POSITIVE_INFINITY) {
    throw new PatternError(`"${raw}" has no greatest length; give it one, for example "${element.raw}{1,40}"`);
  }
  return { ...once, min: once.min * min, max: once.max * max };
}

function assertion(element: AST.Assertion, unicode: boolean): Widths {
  if (element.kind !== 'lookahead' && element.kind !== 'lookbehind') return EDGES[element.kind];
  const { max, ahead, behind } = widthsOf(element.alternatives, unicode);
  return element.kind === 'lookahead'
    ? { ...EMPTY, ahead: max + ahead, behind }
    : { ...EMPTY, ahead, behind: max + behind };
}

/** Without `u` an emoji is two characters; side by side they are found together, anything else would divide it. */
function refuseHalves(elements: readonly AST.Element[]): void {
  elements.forEach((element, index) => {
    const half = halfOf(element.type === 'Quantifier' ? element.element : element);
    if (half === undefined) return;
    const neighbour = halfOf(elements[half === 'high' ? index + 1 : index - 1]);
    if (element.type === 'Quantifier' || neighbour === undefined || neighbour === half) throw halfPair();
  });
}

function refuseHalvesInClass(element: AST.CharacterSet | AST.CharacterClass | AST.ExpressionCharacterClass): void {
  if (element.type !== 'CharacterClass') return;
  const members = element.elements.flatMap((one) => (one.type === 'CharacterClassRange' ? [one.min, one.max] : [one]));
  if (members.some((one) => halfOf(one) !== undefined)) throw halfPair();
}

function halfOf(node: AST.Node | undefined): 'high' | 'low' | undefined {
  if (node?.type !== 'Character' || node.value < 0xd800 || node.value > 0xdfff) return undefined;
  return node.value < 0xdc00 ? 'high' : 'low';
}

function halfPair(): PatternError {
  return new PatternError('it holds half a surrogate pair; with the flag "u" an emoji counts as one character');
}
