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

/** A digit that begins a block, not one of a longer number, a word (hexadecimal ones are full of digits) or a fraction. Cards begin with 2 to 6. */
const CARD_START = /(?<!\w|\d[.,])[2-6]\d/y;
/** Two letters for the country and two check digits. */
const ACCOUNT_START = /(?<![A-Za-z0-9])[A-Z]{2}\d\d/y;

/**
 * 13 to 19 digits from `from` on, in one block or in blocks of three or more (the last may be shorter), divided by single blanks or dashes.
 * All that are right. `isWhole`: nothing follows the text; else a number at its end is not judged yet.
 */
export function cardNumberAt(text: string, from: number, isWhole: boolean): Found[] {
  if (!begins(CARD_START, text, from)) return [];
  return blocks(text, from, isWhole, { unit: isDigit, blank: /[ -]/, shortest: 3, longest: LONGEST_CARD })
    .filter(({ units, to }) => units.length >= 13 && endsWord(text, to) && passesLuhn(units))
    .map(({ to }) => ({ from, to }));
}

/** 15 to 34 letters and digits from `from` on, in one block or in blocks of four divided by single blanks. */
export function accountNumberAt(text: string, from: number, isWhole: boolean): Found[] {
  if (!begins(ACCOUNT_START, text, from)) return [];
  return blocks(text, from, isWhole, { unit: isAccountUnit, blank: / /, shortest: 4, longest: LONGEST_ACCOUNT })
    .filter(({ units, to }) => units.length >= 15 && endsWord(text, to) && passesMod97(units))
    .map(({ to }) => ({ from, to }));
}

function begins(beginning: RegExp, text: string, from: number): boolean {
  beginning.lastIndex = from;
  return beginning.test(text);
}

interface Shape {
  unit(character: string): boolean;
  blank: RegExp;
  /** Units of a block that others follow. */
  shortest: number;
  /** Units of the whole number. */
  longest: number;
}

/** What a number from `from` on could be: it may end wherever a block ends and what follows it is known. */
function blocks(text: string, from: number, isWhole: boolean, { unit, blank, shortest, longest }: Shape) {
  const ends: { units: string; to: number }[] = [];
  let units = '';
  let inBlock = 0;
  for (let at = from; units.length <= longest; at++) {
    const character = text[at];
    if (character === undefined && !isWhole) break;
    if (character !== undefined && unit(character)) {
      units += character;
      inBlock++;
      continue;
    }
    ends.push({ units, to: at });
    const goesOn = character !== undefined && blank.test(character) && inBlock >= shortest;
    if (!goesOn || !unit(text[at + 1] ?? '')) break;
    inBlock = 0;
  }
  return ends;
}

function endsWord(text: string, at: number): boolean {
  return !/\w/.test(text[at] ?? '');
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
