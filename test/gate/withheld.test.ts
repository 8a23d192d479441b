/** What a closed gate tells of what it withholds: masked to the end, and quoted by nobody. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import { secrets } from '../../policy/secrets.ts';
import { gateOf, objecting, PLACE, play } from './playing.ts';

const CARD = '4111 1111 1111 1111';
const KEY = 'sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4xY7z';
const SECRETS = readPolicy(secrets);
/** Masks what only the end of the text completes. */
const PIN: Policy = {
  name: 'pin',
  patterns: [/\d{4}$/],
  onText: ({ matches }) => matches.map(({ from, to }) => ({ action: 'redact', from, to, mask: '#', isSecret: true })),
};
const quoting = (find: RegExp): Policy => ({
  ...{ name: 'quoting', holdback: 'turn' },
  onTurnEnd: ({ text }) => ({ action: 'interject', text: `Answer without ${find.exec(text)}.` }),
});

describe('what is withheld', () => {
  test.each([
    ['a card that no character follows yet', SECRETS, CARD, 'STOP [redacted card]'],
    ['a match that needs the end', PIN, '1234', 'STOP #'],
  ])('%s is masked when another policy closes the gate', (_, policy, secret, withheld) => {
    const gate = gateOf([objecting('cutter', ['STOP']), policy]);
    expect(gate.push(`So STOP ${secret}`)).toMatchObject({ ruling: { policy: 'cutter' } });
    expect(gate.withheld()).toBe(withheld);
  });

  test('is masked when a person closes it, and nothing more is released', () => {
    const gate = gateOf([SECRETS]);
    gate.push(CARD);
    expect(gate.withheld()).toBe('[redacted card]');
    expect([gate.push(' more'), gate.end(), gate.closed]).toEqual([{ released: '' }, { released: '' }, true]);
  });

  test('every policy is asked about it once', () => {
    const asked: string[] = [];
    const listening: Policy = { name: 'a', onTurnEnd: ({ text }) => void asked.push(text) as undefined };
    const gate = gateOf([listening, objecting('cutter', ['STOP'])]);
    gate.push('STOP it');
    gate.withheld();
    expect(asked).toEqual(['STOP it']);
  });
});

describe('the words of a ruling', () => {
  test('have the mask where they quote a secret that is withheld', () => {
    const { ruling } = play(gateOf([SECRETS, quoting(/sk-\S+/)]), [`It is ${KEY} so`]);
    expect(ruling?.verdict).toEqual({ action: 'interject', text: 'Answer without [redacted openai-key].' });
  });

  test('also one that was released as its mask', () => {
    const late: Policy = {
      name: 'late',
      holdback: 0,
      onText: ({ text }) => (text.endsWith('!') ? { action: 'cut', reason: `no ${text.slice(3, 7)}` } : undefined),
    };
    const masking: Policy = {
      ...{ name: 'mask', holdback: 0 },
      onText: () => ({ action: 'redact', from: 3, to: 7, mask: '', isSecret: true }),
    };
    const { released, ruling } = play(gateOf([masking, late], { place: PLACE }), ['is 1234 so', ' it is', '!']);
    expect([released, ruling?.verdict]).toEqual(['is  so it is', { action: 'cut', reason: 'no [redacted]' }]);
  });
});
