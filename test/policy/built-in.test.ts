/** What every policy that comes with the product must keep to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { SPENT } from '../gate/playing.ts';

const PLACE = { agent: 'assistant', chat: 'main', run: 'run-1' };

test('the default policy is there by its name', () => {
  expect([...BUILT_IN_POLICIES.keys()]).toEqual(['error-keyword', 'pattern']);
});

/** For those that need some. */
const OPTIONS: Record<string, unknown> = { pattern: { literals: ['ERROR'], expressions: ['an? [A-Z]{2}'] } };

describe.each([...BUILT_IN_POLICIES])('%s', (name, module) => {
  const use = { options: OPTIONS[name] };
  const policy = readPolicy(module, use);
  const loaded = { name, version: '1', policy };

  test('is a policy and goes by its own name', () => {
    expect(readPolicy(module, use).name).toBe(name);
    expect(policy.name).toBe(name);
  });

  test('judges any text with a valid verdict, the same one every time, and changes nothing', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('ERROR', 'an ERROR occurred'));
    fc.assert(
      fc.property(text, fc.constantFrom('text', 'reasoning'), (content, channel) => {
        const pattern = policy.patterns?.map(String).find((one) => content.includes(one));
        const from = content.indexOf(pattern ?? '');
        const match = pattern === undefined ? undefined : { pattern, from, to: from + pattern.length };
        const matches = match === undefined ? [] : [match];
        const turn = Object.freeze({
          ...PLACE,
          turn: 1,
          channel,
          text: content,
          delta: content,
          match,
          matches,
          spent: SPENT,
        });
        const judgements = () => [
          callHook(loaded, 'onMessage', Object.freeze({ ...PLACE, role: 'user', content })),
          callHook(loaded, 'onText', turn),
          callHook(loaded, 'onTurnEnd', turn),
        ];
        expect(judgements()).toEqual(judgements());
      }),
    );
  });
});
