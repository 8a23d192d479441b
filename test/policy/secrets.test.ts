/** The policy `secrets`: what it finds and what not, and that no splitting shows a character of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPolicy } from '../../policy/read-policy.ts';
import { KINDS, secretsAt } from '../../policy/secret-kinds.ts';
import { secrets } from '../../policy/secrets.ts';
import { maskWhole } from '../../supervisor/gate/redactions.ts';
import { gateOf, play } from '../gate/playing.ts';

const EVERYTHING = readPolicy(secrets, { options: { kinds: [...KINDS] } });
const X = 'aB3dE6gH9jK2mN5pQ8sT1vW4xY7z';

const SECRETS: [kind: string, secret: string][] = [
  ['openai-key', `sk-${X}`],
  ['openai-key', `sk-proj-${X}_${X.repeat(5)}`],
  ['anthropic-key', `sk-ant-api03-${X}`],
  ['github-token', `ghp_${X}`],
  ['github-token', `github_pat_${X}_${X}`],
  ['aws-key', 'AKIAIOSFODNN7EXAMPLE'],
  ['slack-token', 'xoxb-123456789012-abcdefGHIJKL'],
  ['google-key', `AIza${X}abcdefg`],
  ['jwt', `eyJ${X}.eyJ${X.repeat(8)}.${X}`],
  ['card', '4111111111111111'],
  ['card', '4111 1111 1111 1111'],
  ['card', '3782-822463-10005'],
  ['card', '4111.1111.1111.1111'],
  ['card', '4111\u00a01111\u00a01111\u00a01111'],
  ['card', '4111  1111  1111  1111'],
  ['card', '5500\n0000\n0000\n0004'],
  ['card', '2221000000000009'],
  ['card', '6011000000000004'],
  ['card', '3530111333300000'],
  ['card', '30569309025904'],
  ['card', '6759649826438453'],
  ['card', '6200000000000000000'],
  ['stripe-key', `sk_live_${X}`],
  ['stripe-key', `rk_live_${X}`],
  ['stripe-key', `sk_test_${X}`],
  ['gitlab-token', 'glpat-aB3dE6gH9jK2mN5pQ8sT'],
  ['huggingface-token', `hf_${X}aB3dE6`],
  ['npm-token', `npm_${X}aB3dE6gH`],
  ['digitalocean-token', `dop_v1_${'0123456789abcdef'.repeat(4)}`],
  ['sendgrid-key', `SG.${X.slice(0, 22)}.${X}_${X.slice(0, 14)}`],
  ['slack-token', 'xapp-1-A012345-678901234-abcdef'],
  ['iban', 'DE89370400440532013000'],
  ['iban', 'GB29 NWBK 6016 1331 9268 19'],
  ['private-key', `-----BEGIN RSA PRIVATE KEY-----\n${`${X.repeat(2)}\n`.repeat(12)}-----END RSA PRIVATE KEY-----`],
];

function mask(text: string, deltas: readonly string[] = [text]): string {
  return play(gateOf([EVERYTHING]), deltas).released;
}

describe('finds', () => {
  test.each(SECRETS)('%s in %s', (kind, secret) => {
    expect(mask(`It is ${secret}, or (${secret}).`)).toBe(`It is [redacted ${kind}], or ([redacted ${kind}]).`);
    expect(mask(secret)).toBe(`[redacted ${kind}]`);
  });

  test('a bearer token, and leaves the word before it', () => {
    expect(mask(`Authorization: Bearer ${X}/${X}== is sent`)).toBe('Authorization: Bearer [redacted bearer] is sent');
  });

  test('a card between other numbers', () => {
    expect(mask('2024 4111 1111 1111 1111 2025')).toContain('[redacted card]');
  });
});

describe('finds, and leaves what is around it,', () => {
  const AWS = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const KEY = `sk-${X}`;
  test.each([
    ['a password in a URL', 'see postgres://me:hunter2@db.local:5432/x', 'hunter2', 'url-password'],
    ['one without a user', 'redis://:p%40ss@10.0.0.1', 'p%40ss', 'url-password'],
    ['the secret key after its id', `AKIAIOSFODNN7EXAMPLE\naws_secret = ${AWS}\n`, AWS, 'aws-secret'],
    ['the secret key by its name', `{"SecretAccessKey": "${AWS}"}`, AWS, 'aws-secret'],
    ['a key after an escaped line', `"a\\n${KEY}\\tb"`, KEY, 'openai-key'],
    ['a key in an encoded URL', `?next=%3Fkey%3D${KEY}&x`, KEY, 'openai-key'],
    ['a token after an underscore', `MY_ghp_${X}`, `ghp_${X}`, 'github-token'],
    ['a card after an escaped line', '"a\\n4111111111111111"', '4111111111111111', 'card'],
  ])('%s', (_, text, secret, kind) => {
    const expected = text.replace('AKIAIOSFODNN7EXAMPLE', '[redacted aws-key]').replace(secret, `[redacted ${kind}]`);
    expect(mask(text)).toBe(expected);
    expect(mask(text, [...text])).toBe(expected);
    expect(maskedWhole(text)).toBe(expected);
  });
});

/** The same in every run: the linear congruential generator of Numerical Recipes. */
function numbers(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('of a thousand of what only looks random it leaves alone', () => {
  const below = numbers();
  const digits = (length: number, set = '0123456789'): string =>
    Array.from({ length }, () => set[below(set.length)]).join('');
  const hex = (length: number): string => digits(length, '0123456789abcdef');
  const two = (from: number, count: number): string => String(from + below(count)).padStart(2, '0');
  const time = (): string => `20${two(0, 40)}${two(1, 12)}${two(1, 28)}${two(0, 24)}${two(0, 60)}${two(0, 60)}`;
  const base64 = (length: number): string => Buffer.from(Array.from({ length }, () => below(256))).toString('base64');
  test.each([
    ['UUIDs', () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`],
    ['hashes', () => hex([32, 40, 64, 128][below(4)] ?? 40)],
    ['timestamps', time],
    ['timestamps in milliseconds', () => `${time()}${digits(3)} ${1_500_000_000_000 + below(400_000_000_000)}`],
    ['numbers of 18 digits', () => `1${digits(17)}`],
    ['images', () => `data:image/png;base64,${base64(300)}`],
    ['version numbers', () => `${below(30)}.${below(3000)}.${below(3000)}.${below(5000)}-rc.${below(9)}`],
    ['telephone numbers', () => `+49 ${digits(3)} ${digits(4)} ${digits(4)}`],
    ['addresses', () => `https://example.com:8080/${hex(12)}?time=12:30&who=me@example.com`],
  ])('%s', (_, one) => {
    const policy = readPolicy(secrets);
    for (let count = 0; count < 1000; count++) {
      const text = `It is ${one()}, and ${one()}.`;
      expect(play(gateOf([policy]), [text]).released).toBe(text);
    }
  });

  test('nearly all of any 18 digits, and account numbers unless they are asked for', () => {
    const policy = readPolicy(secrets);
    const wrong = Array.from({ length: 1000 }, () => digits(18)).filter((text) => {
      return play(gateOf([policy]), [text]).released !== text;
    });
    expect(wrong.length).toBeLessThan(10);
    expect(play(gateOf([policy]), ['DE89370400440532013000']).released).toBe('DE89370400440532013000');
  });
});

describe('leaves alone', () => {
  test.each([
    ['a number with wrong check digits', '4111 1111 1111 1112'],
    ['digits in a hexadecimal number', 'f4111111111111111 and 4111111111111111e'],
    ['a fraction', '0.4111111111111111'],
    ['a longer number', '41111111111111111111111'],
    ['an account with wrong check digits', 'DE88370400440532013000'],
    ['a word that only begins so', 'sk-learn and ask-a-question-that-is-very-long-indeed, ghp_x, AKIA'],
    ['talk of keys', 'A file begins with -----BEGIN and Bearer authentication is used'],
    ['a number of no network', '2099000000000008, 400000000000000002, 7992739871300008, 20241121123042'],
    ['what a template puts into a URL', 'postgres://me:$PASSWORD@db and http://me:{password}@db'],
    ['a port', 'http://localhost:8080/a@b'],
    ['dates and lists', '2024-11-21 12-30, 10 20 30 40 50 60 70 80 90'],
  ])('%s', (_, text) => expect(mask(text)).toBe(text));

  test('what was not asked for', () => {
    const only = readPolicy(secrets, { options: { kinds: ['card'], mask: '*KIND*' } });
    const { released } = play(gateOf([only]), [`sk-${X} 4111111111111111 .`]);
    expect(released).toBe(`sk-${X} *card* .`);
  });
});

test('however a text is split, the same is masked and no character of a secret is shown', () => {
  const word = fc.constantFrom('and', 'so', '12', 'Bearer', '-', 'sk-', '\n', 'eyJ', '\u{1F600}', 'a.b', 'longer-word');
  const piece = fc.oneof(word, fc.constantFrom(...SECRETS.map(([, secret]) => secret)));
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), sizes, (pieces, lengths) => {
      const text = pieces.join(' ');
      const shown = mask(text, split(text, lengths));
      expect(shown).toBe(mask(text));
      for (const [, secret] of SECRETS) expect(shown).not.toContain(secret.slice(0, 24));
    }),
    { numRuns: 1500 },
  );
});

/** The naive answer: every place of the whole text is looked at. */
function maskedWhole(text: string): string {
  const by = { name: 'secrets', version: '1', policy: EVERYTHING };
  const spans = KINDS.flatMap((kind) =>
    Array.from(text, (_, from) =>
      secretsAt(text, from, kind, true).map((found) => ({
        ...{ ...found, mask: `[redacted ${kind}]`, reason: kind, isSecret: true, by, seat: 0 },
      })),
    ).flat(),
  );
  return maskWhole(text, spans).shown;
}

test('what is masked is what a look at every place of the whole text finds, of what nearly is a secret too', () => {
  const tokens = SECRETS.map(([, secret]) => secret).filter((secret) => secret.length < 100);
  const part = fc.tuple(fc.constantFrom(...tokens), fc.nat(45)).map(([secret, length]) => secret.slice(0, length));
  const digits = fc.constantFrom('4111', '11', '1', '411', '3782', '5500000000000004', 'DE89', 'GB29 NWBK', '0532');
  const between = fc.constantFrom('', ' ', '-', '.', ',', '  ', '\n', '=', '_', '/', 'Bearer ', 'x', '-----', ': ');
  const piece = fc.oneof(digits, part, fc.constantFrom(...tokens, X));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, between), { maxLength: 24 }), sizes, (pieces, lengths) => {
      const text = pieces.join('');
      expect(mask(text, split(text, lengths))).toBe(maskedWhole(text));
    }),
    { numRuns: 3000, examples: [[['Bearer ', '6011000000000004', '/', '4111'], [1]]] },
  );
});

test.each([
  ['ordinary text, with 12 cases in 2024, at 10:30 or so', 0],
  ['by 2024', 0],
  ['by 402', 3],
  ['the sk', 2],
  ['the task', 0],
  ['my sk-proj-12', 10],
  ['4111 1111 1111 1111', 19],
  ['4111 1111 1111 1111,', 0],
  ['20 30 40 60 50', 2],
  ['see https://example.com', 0],
  ['see http://localhost:80', 3],
  ['see http://localhost:8080/', 0],
  ['a hash 0123456789abcdef0123456789abcdef', 1],
  ['-----BEGIN RSA', 14],
  ['-----BEGIN with', 0],
])('after %j it holds back %i characters', (text, held) => {
  const gate = gateOf([readPolicy(secrets)]);
  for (const character of text) gate.push(character);
  expect(gate.heldLength).toBe(held);
});

test('a private key of 14,000 characters is one mask', () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${`${X.repeat(2)}\n`.repeat(250)}-----END PRIVATE KEY-----`;
  expect(mask(`a ${key} b`, split(`a ${key} b`, [3, 5]))).toBe('a [redacted private-key] b');
});

function split(text: string, lengths: readonly number[]): string[] {
  const deltas: string[] = [];
  for (let at = 0; at < text.length; at += deltas.at(-1)?.length ?? 1) {
    deltas.push(text.slice(at, at + (lengths[deltas.length % lengths.length] ?? 1)));
  }
  return deltas;
}

test('options that make no sense are refused', () => {
  expect(() => readPolicy(secrets, { options: { kinds: ['keys'] } })).toThrow('options.kinds[0]');
  expect(() => readPolicy(secrets, { options: { masks: 'x' } })).toThrow('masks');
});
