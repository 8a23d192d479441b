/**
 * The secrets that `secrets` knows by their looks: how each begins, in so few characters that a stream can be searched for it, and how far it
 * reaches. Pure. A find never depends on how the text was split: a token is one from the characters that decide it on, and only
 * grows; a number is judged when the character after it is known.
 */
import { accountNumberAt, cardNumberAt, type Found } from './check-digits.ts';

/** UTF-16 units: the longest private key that is masked whole. */
const LONGEST = 20_000;

/**
 * Each: what begins it and can stand in no other word, enough of it to be sure, and as much more as belongs to it. Once one matches,
 * more text only makes it longer.
 */
const TOKENS = {
  'anthropic-key': /(?<![\w-])sk-ant-[\w-]{16,}/y,
  'openai-key': /(?<![\w-])sk-(?!ant-)[\w-]{20,}/y,
  'github-token': /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/y,
  'aws-key': /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16,}/y,
  'slack-token': /(?<!\w)xox[abeoprs]-[A-Za-z0-9-]{10,}/y,
  'google-key': /(?<![\w-])AIza[\w-]{30,}/y,
  jwt: /(?<![\w-])eyJ[\w-]{20,}(?:\.[\w-]+)*/y,
  bearer: /(?<=\bBearer[ \t]{1,2})(?!sk-|gh[pousr]_|github_pat_|xox|eyJ|AIza|AKIA|ASIA)(?=\S{0,39}\d)[\w.~+/-]{20,}=*/y,
  /** The header, then whatever can be lines of a key (a blank in a line can not), then the end if it comes. */
  'private-key':
    /-----BEGIN (?:[A-Z]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)(?:\n[ \t]*|: |[\w+/=\r\\:,-]))*(?:-----END(?: [A-Z]*){0,5}-{0,5})?/y,
} as const;

const NUMBERS = { card: cardNumberAt, iban: accountNumberAt } as const;

/**
 * The first character of each, where what follows is enough to be sure, or has the shape of a number; so more may begin than is one.
 * The character comes first: most places are then refused at one look.
 */
const BEGINNINGS: Record<Kind, string> = {
  'anthropic-key': String.raw`s(?<![\w-]s)(?=k-ant-[\w-]{16})`,
  'openai-key': String.raw`s(?<![\w-]s)(?=k-(?!ant-)[\w-]{20})`,
  'github-token': String.raw`g(?<!\wg)(?=h[pousr]_[A-Za-z0-9]{20}|ithub_pat_\w{20})`,
  'aws-key': 'A(?<![A-Za-z0-9]A)(?=[KS]IA[A-Z0-9]{16})',
  'slack-token': String.raw`x(?<!\wx)(?=ox[abeoprs]-[A-Za-z0-9-]{10})`,
  'google-key': String.raw`A(?<![\w-]A)(?=Iza[\w-]{30})`,
  // Nor is the last character of what may be one decided before it is known whether a full stop divides it or ends the sentence.
  jwt: String.raw`e(?<![\w-]e)(?=yJ[\w-]{20})|[\w-](?=\.[\w-])(?<=[\w.-]{23})`,
  bearer: String.raw`(?<=\bBearer[ \t]{1,2})(?!sk-|gh[pousr]_|github_pat_|xox|eyJ|AIza|AKIA|ASIA)(?=\S{0,39}\d)[\w.~+/-](?=[\w.~+/-]{19})`,
  'private-key': '-(?=----BEGIN (?:[A-Z]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----)',
  card: String.raw`[2-6](?<!\w[2-6])(?<!\d[.,][2-6])(?=\d\d[\d -]{10})(?=(?:(?:\d{2,18} |\d{2,18}-)(?:\d{3,18} |\d{3,18}-){0,5})?\d{1,18}(?!\w))`,
  iban: String.raw`[A-Z](?<![A-Za-z0-9][A-Z])(?=[A-Z]\d\d[A-Z0-9 ]{11})(?=(?:[A-Z0-9]{3,33} (?:[A-Z0-9]{4,33} ){0,7})?[A-Z0-9]{1,33}(?!\w))`,
};

const TOKEN_KINDS = Object.keys(TOKENS) as (keyof typeof TOKENS)[];
export const KINDS = [...TOKEN_KINDS, 'card', 'iban'] as const;
export type Kind = (typeof KINDS)[number];

/** Characters before a secret that must be known to tell it: a word and two blanks, and what stands before those. */
export const CONTEXT = 10;

/** Finds the places where one of these may begin; a match is its first character. */
export function beginningOf(kinds: readonly Kind[]): RegExp {
  return new RegExp(kinds.map((kind) => BEGINNINGS[kind]).join('|'), 'g');
}

/** The secrets of a kind that begin at `from`: one, or several numbers. `isWhole`: nothing follows the text. */
export function secretsAt(text: string, from: number, kind: Kind, isWhole: boolean): readonly Found[] {
  if (kind === 'card' || kind === 'iban') return NUMBERS[kind](text, from, isWhole);
  const expression = TOKENS[kind];
  expression.lastIndex = from;
  const found = expression.exec(text);
  return found === null ? [] : [{ from, to: from + Math.min(found[0].length, LONGEST) }];
}
