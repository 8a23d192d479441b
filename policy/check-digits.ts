/** Knows numbers that carry check digits: cards (Luhn) and accounts (IBAN, ISO 7064). Pure; looks at one place of a text. */

/** A place in a text, in UTF-16 units. */
export interface Found {
  from: number;
  /** First character after. */
  to: number;
}

/** Characters that a number may have, blanks included. */
const LONGEST_CARD = 19;
const LONGEST_ACCOUNT = 34;

/** Not inside a word (hexadecimal ones are full of digits), but for an escaped character as JSON (`\n`) and URLs (`%3D`) have it. */
const AT_START = String.raw`(?<![A-Za-z0-9](?<!\\[bfnrt]|%[\dA-Fa-f]{2}))`;
/** A digit that begins a block, not one of a longer number, a word or a fraction. */
const CARD_START = new RegExp(String.raw`${AT_START}(?<!\d[.,])\d`, 'y');
/** Two letters for the country and two check digits. */
const ACCOUNT_START = new RegExp(String.raw`${AT_START}[A-Z]{2}\d\d`, 'y');
const BETWEEN_CARD = / {1,2}|[.\u00a0\u202f-]|\r?\n/y;
const BETWEEN_ACCOUNT = / /y;

/**
 * Prefixes and lengths of the networks that use the check digit: Visa, Mastercard, American Express, Diners Club, Discover, JCB, UnionPay,
 * Maestro, Mir, RuPay, Verve; after the table in Wikipedia's "Payment card number" and the lengths that are issued. Numbers of 14
 * and of 18 digits are rare among them, which matters: times and identifiers have those.
 */
const CARDS = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$/,
  /^3[47]\d{13}$/,
  /^(?:30[0-5]\d|3095|3[689]\d\d)(?:\d{10}|\d{12}|\d{15})$/,
  /^(?:6011|64[4-9]\d|65\d\d|35(?:2[89]|[3-8]\d)|62\d\d|220[0-4])(?:\d{12}|\d{15})$/,
  /^(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}$/,
  /^(?:60\d\d|508\d)\d{12}$/,
  /^(?:5060(?:99)|5061(?:[0-8]\d|9[0-8]))(?:\d{10}|\d{12,13})$/,
];

/**
 * The card numbers from `from` on, in one block or in blocks of three or more digits (the last may be shorter), divided by one or two
 * blanks, a dash, a full stop or the end of a line, always the same. All that are right. `isWhole`: nothing follows the text; else a number at its end is not
 * judged yet.
 */
export function cardNumberAt(text: string, from: number, isWhole: boolean): Found[] {
  if (!begins(CARD_START, text, from)) return [];
  return blocks(text, from, isWhole, { unit: isDigit, between: BETWEEN_CARD, shortest: 3, longest: LONGEST_CARD })
    .filter(({ units, to }) => endsWord(text, to) && CARDS.some((card) => card.test(units)) && passesLuhn(units))
    .map(({ to }) => ({ from, to }));
}

/** 15 to 34 letters and digits from `from` on, in one block or in blocks of four divided by single blanks. */
export function accountNumberAt(text: string, from: number, isWhole: boolean): Found[] {
  if (!begins(ACCOUNT_START, text, from)) return [];
  const shape = { unit: isAccountUnit, between: BETWEEN_ACCOUNT, shortest: 4, longest: LONGEST_ACCOUNT };
  return blocks(text, from, isWhole, shape)
    .filter(({ units, to }) => units.length >= 15 && endsWord(text, to) && passesMod97(units))
    .map(({ to }) => ({ from, to }));
}

function begins(beginning: RegExp, text: string, from: number): boolean {
  beginning.lastIndex = from;
  return beginning.test(text);
}

interface Shape {
  unit(character: string): boolean;
  /** Sticky: what may stand between two blocks. */
  between: RegExp;
  /** Units of a block that others follow. */
  shortest: number;
  /** Units of the whole number. */
  longest: number;
}

/** What a number from `from` on could be: it may end wherever a block ends and what follows it is known. */
function blocks(text: string, from: number, isWhole: boolean, shape: Shape): { units: string; to: number }[] {
  const ends: { units: string; to: number }[] = [];
  let units = '';
  let separator: string | undefined;
  for (let at: number | undefined = from; at !== undefined; ) {
    const to: number = endOfBlock(text, at, shape);
    units += text.slice(at, to);
    if (units.length > shape.longest || (to === text.length && !isWhole)) break;
    ends.push({ units, to });
    const next: string | undefined = to - at < shape.shortest ? undefined : separatorAt(text, to, shape);
    if (next !== (separator ?? next)) break;
    separator = next;
    at = next === undefined ? undefined : to + next.length;
  }
  return ends;
}

function endOfBlock(text: string, from: number, { unit, longest }: Shape): number {
  let to = from;
  while (to - from <= longest && unit(text[to] ?? '')) to++;
  return to;
}

/** Undefined where no block follows. */
function separatorAt(text: string, at: number, { between, unit }: Shape): string | undefined {
  between.lastIndex = at;
  const found = between.exec(text)?.[0];
  return found !== undefined && unit(text[at + found.length] ?? '') ? found : undefined;
}

function endsWord(text: string, at: number): boolean {
  return !/[A-Za-z0-9]/.test(text[at] ?? '');
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1;
}

function isAccountUnit(character: string): boolean {
  return isDigit(character) || (character >= 'A' && character <= 'Z');
}

function passesLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .reverse()
    .map(Number)
    .map((digit, index) => (index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((total, value) => total + value, 0);
  return sum % 10 === 0;
}

function passesMod97(units: string): boolean {
  let remainder = 0;
  for (const unit of units.slice(4) + units.slice(0, 4)) {
    const value = Number.parseInt(unit, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
