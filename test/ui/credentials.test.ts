/** The token and the cookie made from it. */
import { expect, test } from 'vitest';
import { Credentials } from '../../ui/credentials.ts';

test('an empty token is refused: it would let everyone in', () => {
  expect(() => new Credentials('')).toThrow(/empty/);
});

test('the cookie stays with its token: kept over a restart, not shared by two stacks', () => {
  const first = new Credentials('one').setCookie();
  expect(new Credentials('one').setCookie()).toBe(first);
  const other = new Credentials('two').setCookie();
  expect(other.split('=')[0]).not.toBe(first.split('=')[0]);
  expect(new Credentials('two').areIn({ cookie: first.split(';')[0] })).toBe(false);
});

test('a token may contain spaces', () => {
  expect(new Credentials('open sesame').areIn({ authorization: 'Bearer open sesame' })).toBe(true);
});
