/**
 * The secrets that `secrets` knows by their looks: how each begins, in so few characters that a stream can be searched for it, and how far it
 * reaches. Pure. A find never depends on how the text was split: a token is one from the characters that decide it on, and only
 * grows; a number is judged when the character after it is known. The forms of tokens are those that gitleaks looks for
 * (github.com/gitleaks/gitleaks, config/gitleaks.toml), with fewer characters, because services lengthen them.
 */
import { accountNumberAt, cardNumberAt, type Found } from './check-digits.ts';

/** UTF-16 units: the longest private key that is masked whole. */
const LONGEST = 20_000;

/**
 * What begins each, the first character apart: most places are then refused at one look. Then what follows, enough of it to be sure, and as
 * much more as belongs to it: once one is sure, more text only makes it longer.
 */
const TOKENS = {
  'anthropic-key': ['s', 'k-ant-', String.raw`[\w-]{16}`, String.raw`[\w-]*`],
  'openai-key': ['s', 'k-(?!ant-)', String.raw`[\w-]{20}`, String.raw`[\w-]*`],
  'stripe-key': ['[sr]', 'k_(?:live|test)_', '[A-Za-z0-9]{16}', '[A-Za-z0-9]*'],
  'github-token': ['g', '', String.raw`(?:h[pousr]_[A-Za-z0-9]{20}|ithub_pat_\w{20})`, String.raw`\w*`],
  'gitlab-token': ['g', 'l(?:pat|ptt|dt|rt)-', String.raw`[\w-]{20}`, String.raw`[\w.-]*`],
  'huggingface-token': ['h', 'f_', '[A-Za-z0-9]{30}', '[A-Za-z0-9]*'],
  'npm-token': ['n', 'pm_', '[A-Za-z0-9]{30}', '[A-Za-z0-9]*'],
  'digitalocean-token': ['d', 'o[opr]_v1_', '[a-f0-9]{32}', '[a-f0-9]*'],
  'sendgrid-key': ['S', String.raw`G\.`, String.raw`[\w-]{16,32}\.[\w-]{16}`, String.raw`[\w-]*`],
  'aws-key': ['A', '[KS]IA', '[A-Z0-9]{16}', '[A-Z0-9]*'],
  'slack-token': ['x', '', '(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10}', '[A-Za-z0-9-]*'],
  'google-key': ['A', 'Iza', String.raw`[\w-]{30}`, String.raw`[\w-]*`],
  jwt: ['e', 'yJ', String.raw`[\w-]{20}`, String.raw`[\w-]*(?:\.[\w-]+)*`],
} as const;

/**
 * Not inside a word: neither a letter nor a digit stands before, but for an escaped character as JSON (`\n`) and URLs (`%3D`) have it. A
 * dash does before those that other words could end with. `[^]`: the first character.
 */
const AT_START = String.raw`(?<![A-Za-z0-9](?<!\\[bfnrt]|%[\dA-Fa-f]{2})[^])`;
const NO_DASH = '(?<!-[^])';
const WITHOUT_DASH: readonly Kind[] = ['anthropic-key', 'openai-key', 'google-key', 'jwt'];

/** Before a password in a URL, and the password; RFC 3986, 3.2.1. What a shell or a template puts in is none. */
const USER = String.raw`(?<=[A-Za-z]:\/\/[^\s/:@?#"'<>]{0,64}:)`;
const PASSWORD = String.raw`(?!\{|\$[{(A-Z_])[^\s/@?#"'<>]{1,200}`;
/** The secret key of AWS has no looks; it comes after its name, or soon after the id of the key. */
const AWS_NAME = String.raw`(?:[Ss]ecret_?[Aa]ccess_?[Kk]ey|SECRET_ACCESS_KEY)["']?[ \t]{0,2}[=:]{0,2}[ \t]{0,2}`;
const AWS_BEFORE = `(?<=(?:${AWS_NAME}|A[KS]IA[A-Z0-9]{16}[^]{0,60})[\\s"'=:][^])`;

/** Tokens that follow the word, but are known by their looks. */
const KNOWN = String.raw`(?!sk-|[sr]k_|gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt)-|hf_|npm_|do[opr]_v1_|SG\.|xox|xapp-|eyJ|AIza|A[KS]IA)`;
const BEARER = String.raw`(?<=\bBearer[ \t]{1,2})${KNOWN}(?=\S{0,39}\d)`;

/** Those that are no tokens. */
const OTHERS = {
  /** With the colon before it: that is what most places are refused at. */
  'url-password': new RegExp(`:${USER}${PASSWORD}(?=@)`, 'y'),
  'aws-secret': new RegExp(`[A-Za-z0-9/+]${AWS_BEFORE}[A-Za-z0-9/+]{39,}`, 'y'),
  bearer: new RegExp(String.raw`${BEARER}[\w.~+/-]{20,}=*`, 'y'),
  /** The header, then whatever can be lines of a key (a blank in a line can not), then the end if it comes. */
  'private-key':
    /-----BEGIN (?:[A-Z]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)(?:\n[ \t]*|: |[\w+/=\r\\:,-]))*(?:-----END(?: [A-Z]*){0,5}-{0,5})?/y,
} as const;

const NUMBERS = { card: cardNumberAt, iban: accountNumberAt } as const;

/** Blocks of a card number, all but the last: what stands between them is always the same. */
const CARD_BLOCKS = [
  ' ',
  '  ',
  '-',
  String.raw`\.`,
  String.raw`\xa0`,
  String.raw`\u202f`,
  String.raw`\n`,
  String.raw`\r\n`,
]
  .map((between) => String.raw`\d{2,18}${between}(?:\d{3,18}${between}){0,5}`)
  .join('|');

/**
 * The first character of each that is no token, where what follows is enough to be sure, or has the shape of a number; so more may begin
 * than is one.
 */
const BEGINNINGS: Record<Exclude<Kind, TokenKind>, string> = {
  'url-password': `:(?=${PASSWORD}@)${USER}`,
  'aws-secret': String.raw`[A-Za-z0-9/+](?<=[\s"'=:][^])(?=[A-Za-z0-9/+]{39})${AWS_BEFORE}`,
  bearer: String.raw`${BEARER}[\w.~+/-](?=[\w.~+/-]{19})`,
  'private-key': '-(?=----BEGIN (?:[A-Z]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----)',
  card: String.raw`[2-6](?!(?<=2)[01])(?=\d\d[\d\s.-]{10})(?=(?:${CARD_BLOCKS})?\d{1,18}(?![A-Za-z0-9]))(?<!\d[.,][^])${AT_START}`,
  iban: String.raw`[A-Z](?=[A-Z]\d\d[A-Z0-9 ]{11})(?=(?:[A-Z0-9]{3,33} (?:[A-Z0-9]{4,33} ){0,7})?[A-Z0-9]{1,33}(?![A-Za-z0-9]))${AT_START}`,
};

type TokenKind = keyof typeof TOKENS;
const TOKEN_KINDS = Object.keys(TOKENS) as TokenKind[];
export const KINDS = [...TOKEN_KINDS, 'url-password', 'aws-secret', 'bearer', 'private-key', 'card', 'iban'] as const;
export type Kind = (typeof KINDS)[number];

/** Characters before a secret that must be known to tell it: the id of a key and what follows it, or a URL up to the password. */
export const CONTEXT = 90;

const EXPRESSIONS = new Map<Kind, RegExp>(
  TOKEN_KINDS.map((kind) => {
    const [first, next, sure, more] = TOKENS[kind];
    return [kind, new RegExp(`${first}${startOf(kind)}${next}${sure}${more}`, 'y')];
  }),
);

function startOf(kind: Kind): string {
  return WITHOUT_DASH.includes(kind) ? NO_DASH + AT_START : AT_START;
}

/** Find the places where one of these may begin; a match is its first character. Two, because the length of an expression is limited. */
export function beginningsOf(kinds: readonly Kind[]): RegExp[] {
  const others = kinds.filter(
    (kind): kind is Exclude<Kind, TokenKind | 'bearer'> => !isToken(kind) && kind !== 'bearer',
  );
  const free = kinds.filter((kind) => isToken(kind) && !WITHOUT_DASH.includes(kind)) as TokenKind[];
  const strict = kinds.filter((kind) => WITHOUT_DASH.includes(kind)) as TokenKind[];
  const tokens = [tokensOf(free, AT_START), tokensOf(strict, NO_DASH + AT_START)];
  if (kinds.includes('bearer')) tokens.push(BEGINNINGS.bearer);
  // Nor is the last character of what may be one decided before it is known whether a full stop divides it or ends the sentence.
  if (kinds.includes('jwt')) tokens.push(String.raw`[\w-](?=\.[\w-])(?<=[\w.-]{23})`);
  const sources = [tokens.filter((one) => one !== '').join('|'), others.map((kind) => BEGINNINGS[kind]).join('|')];
  return sources.filter((one) => one !== '').map((one) => new RegExp(one, 'g'));
}

function tokensOf(kinds: readonly TokenKind[], start: string): string {
  const each = kinds.map((kind) => {
    const [first, next, sure] = TOKENS[kind];
    return `${first}(?=${next}${sure})`;
  });
  const firsts = kinds.map((kind) => TOKENS[kind][0].replace(/[[\]]/g, '')).join('');
  return each.length === 0 ? '' : `(?=[${firsts}])${start.replaceAll('[^]', '')}(?:${each.join('|')})`;
}

function isToken(kind: Kind): kind is TokenKind {
  return Object.hasOwn(TOKENS, kind);
}

/** The secrets of a kind whose beginning is at `from`: one, or several numbers. `isWhole`: nothing follows the text. */
export function secretsAt(text: string, from: number, kind: Kind, isWhole: boolean): readonly Found[] {
  if (kind === 'card' || kind === 'iban') return NUMBERS[kind](text, from, isWhole);
  const expression = isToken(kind) ? EXPRESSIONS.get(kind) : OTHERS[kind];
  if (expression === undefined) return [];
  expression.lastIndex = from;
  const found = expression.exec(text);
  if (found === null) return [];
  return [{ from: kind === 'url-password' ? from + 1 : from, to: from + Math.min(found[0].length, LONGEST) }];
}
