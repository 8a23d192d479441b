/**
 * Masks what must not be shown, in messages, answers and reasoning: keys and tokens of well-known services, private keys, card numbers and account
 * numbers whose check digits are right. It holds back 64 characters; a longer secret is masked while it still grows.
 *
 * A find never depends on how the text was split: a token is one from the characters that decide it on, which are fewer than what is
 * held back, and only grows; a number is judged when the character after it is known.
 */
import { z } from 'zod';
import { accountNumbers, cardNumbers, type Found } from './check-digits.ts';
import { definePolicy } from './define-policy.ts';
import type { RedactVerdict } from './policy.ts';

/** Characters; more than the longest number, and than what decides any token. */
const HOLDBACK = 64;
/** The longest private key that is masked whole. */
const LONGEST_KEY = 20_000;

/**
 * Each: what begins it and can stand in no other word, enough of it to be sure, and as much more as belongs to it. Once one matches,
 * more text only makes it longer. At one place the first of them counts.
 */
const TOKENS = {
  'anthropic-key': /(?<![\w-])sk-ant-[\w-]{16,}/g,
  'openai-key': /(?<![\w-])sk-(?!ant-)[\w-]{20,}/g,
  'github-token': /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g,
  'aws-key': /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16,}/g,
  'slack-token': /(?<!\w)xox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  'google-key': /(?<![\w-])AIza[\w-]{30,}/g,
  jwt: /(?<![\w-])eyJ[\w-]{20,}(?:\.[\w-]+)*/g,
  bearer: /(?<=\bBearer[ \t]{1,2})(?!sk-|gh[pousr]_|github_pat_|xox|eyJ|AIza|AKIA|ASIA)(?=\S{0,39}\d)[\w.~+/-]{20,}=*/g,
} as const;

/** The header, then whatever can be lines of a key (a blank in a line can not), then the end if it comes. */
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)(?:\n[ \t]*|: |[\w+/=\r\\:,-]))*(?:-----END(?: [A-Z]*){0,5}-{0,5})?/g;

const TOKEN_KINDS = Object.keys(TOKENS) as (keyof typeof TOKENS)[];
const KINDS = [...TOKEN_KINDS, 'private-key', 'card', 'iban'] as const;
type Kind = (typeof KINDS)[number];

const options = z.strictObject({
  /** What is looked for; default: all but bearer tokens and account numbers, which are found by their looks alone. */
  kinds: z
    .array(z.enum(KINDS))
    .min(1)
    .default(KINDS.filter((kind) => kind !== 'bearer' && kind !== 'iban')),
  /** What is shown instead; `KIND` in it becomes the kind. */
  mask: z.string().max(200).default('[redacted KIND]'),
});

export const secrets = definePolicy({
  name: 'secrets',
  options,
  create({ kinds, mask }) {
    const redact = ({ from, to }: Found, kind: Kind): RedactVerdict => ({
      ...{ action: 'redact', from, to, mask: mask.replaceAll('KIND', kind), reason: kind, isSecret: true },
    });
    const judge = (text: string, added: number, isWhole: boolean): RedactVerdict[] =>
      kinds.flatMap((kind) => find(kind, text, added, isWhole).map((found) => redact(found, kind)));
    return {
      holdback: HOLDBACK,
      onMessage: ({ content }) => judge(content, content.length, true),
      onText: ({ text, delta }) => judge(text, delta.length, false),
      onTurnEnd: ({ text }) => judge(text, text.length, true),
    };
  },
});

/** `added`: characters that nobody has looked at yet. `isWhole`: nothing follows the text. */
function find(kind: Kind, text: string, added: number, isWhole: boolean): Found[] {
  if (kind === 'private-key') return matches(PRIVATE_KEY, text, Math.max(0, text.length - added - LONGEST_KEY));
  const recent = Math.max(0, text.length - added - 2 * HOLDBACK);
  if (kind === 'card') return cardNumbers(text, recent, isWhole);
  if (kind === 'iban') return accountNumbers(text, recent, isWhole);
  const word = wordStart(text, recent);
  // Some tokens are known by the word before them; what the beginning of that window cuts in two is none.
  return matches(TOKENS[kind], text, Math.max(0, word - HOLDBACK)).filter(({ from }) => from >= word);
}

/** A token that began long ago is found again from its beginning. */
function wordStart(text: string, offset: number): number {
  const earliest = Math.max(0, offset - LONGEST_KEY);
  let start = offset;
  while (start > earliest && text.charCodeAt(start - 1) > 0x20) start--;
  return start;
}

function matches(expression: RegExp, text: string, start: number): Found[] {
  const window = start === 0 ? text : text.slice(start);
  return Array.from(window.matchAll(expression), ({ index, 0: found }) => ({
    from: start + index,
    to: start + index + found.length,
  }));
}
