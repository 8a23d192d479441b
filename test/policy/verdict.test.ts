/** What a hook may return, and what becomes of everything else. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { callHook, MAX_VERDICT_TEXT_LENGTH, PolicyFailure } from '../../supervisor/policies/verdict.ts';
import { SPENT } from '../gate/playing.ts';

const TURN = {
  agent: 'assistant',
  chat: 'main',
  run: 'run-1',
  turn: 1,
  channel: 'text',
  text: 'Hello',
  spent: SPENT,
} as const;

/** Calls a hook that does this, whatever it is. */
function answering(hook: () => unknown) {
  const policy = { name: 'odd', onTurnEnd: hook } as Policy;
  return callHook({ name: 'odd', version: 'v7', policy }, 'onTurnEnd', TURN);
}

describe('verdicts', () => {
  test.each([
    { action: 'interject', text: 'Again.' },
    { action: 'interject', text: 'x'.repeat(MAX_VERDICT_TEXT_LENGTH), from: 0 },
    { action: 'cut', reason: 'Enough.' },
    { action: 'cut', reason: 'Enough.', from: 12 },
    { action: 'block', reason: 'No.' },
    { action: 'pause', reason: 'A person should look.', from: 2 },
    { action: 'terminate', reason: 'Enough.' },
    { action: 'redact', from: 1, to: 3, mask: '' },
    { action: 'redact', from: 1, to: 3, mask: '[key]', reason: 'a key', isSecret: true },
  ])('$action is passed on', (verdict) => {
    expect(answering(() => verdict)).toEqual([verdict]);
  });

  test.each([undefined, null])('%s means allowed', (nothing) => {
    expect(answering(() => nothing)).toEqual([]);
  });

  test('so does a hook that is not there', () => {
    const loaded = { name: 'a', version: '1', policy: { name: 'a', onMessage: () => undefined } };
    expect(callHook(loaded, 'onTurnEnd', TURN)).toEqual([]);
  });

  test('fields without a value are not there', () => {
    expect(answering(() => ({ action: 'cut', reason: 'Enough.', from: undefined, text: undefined }))).toEqual([
      { action: 'cut', reason: 'Enough.' },
    ]);
  });

  test('lone surrogates in a correction become U+FFFD', () => {
    expect(answering(() => ({ action: 'interject', text: 'a\uD83Db' }))).toEqual([
      { action: 'interject', text: 'a\uFFFDb' },
    ]);
  });

  test('a verdict is a copy: the policy cannot change it afterwards', () => {
    const kept = { action: 'cut', reason: 'Enough.', from: 3 };
    const verdict = answering(() => kept);
    kept.from = 9;
    expect(verdict).toEqual([{ action: 'cut', reason: 'Enough.', from: 3 }]);
  });

  test('a hook is called on its policy, with the input', () => {
    class Counting {
      name = 'counting';
      seen: unknown[] = [];
      onTurnEnd(turn: unknown) {
        this.seen.push(turn);
        return undefined;
      }
    }
    const policy = new Counting();
    callHook({ name: 'counting', version: '1', policy }, 'onTurnEnd', TURN);
    expect(policy.seen).toEqual([TURN]);
  });
});

describe('failures', () => {
  const thrower = (thrown: unknown) => () => {
    throw thrown;
  };

  test.each<[string, () => unknown, string]>([
    ['a number', () => 42, 'it returned a number, not a verdict'],
    ['text', () => 'cut', 'it returned a string, not a verdict'],
    ['false', () => false, 'it returned a boolean, not a verdict'],
    ['a function', () => answering, 'it returned a function, not a verdict'],
    ['a promise', async () => undefined, 'it returned a promise; a policy answers at once'],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried here.
    ['a thenable', () => ({ action: 'cut', then: () => 1 }), 'it returned a promise; a policy answers at once'],
    ['a list of something else', () => [42], 'it returned a number, not a verdict'],
    [
      'a mask that ends before it begins',
      () => ({ action: 'redact', from: 3, to: 3, mask: 'x' }),
      '"to" (3) must be greater than "from" (3)',
    ],
    [
      'a redaction without a mask',
      () => ({ action: 'redact', from: 1, to: 3 }),
      '"mask" must be text, it is undefined',
    ],
    ['no action', () => ({ text: 'Again.' }), 'unknown action undefined'],
    [
      'an unknown action',
      () => ({ action: 'erase', text: 'x' }),
      'unknown action "erase"; known are interject, cut, redact, block, pause, terminate',
    ],
    ['an inherited name as action', () => ({ action: 'toString', text: 'x' }), 'unknown action "toString"'],
    ['no text', () => ({ action: 'interject' }), '"text" must be text, it is undefined'],
    ['a blank text', () => ({ action: 'interject', text: ' \n' }), '"text" is empty'],
    ['a wrong text', () => ({ action: 'interject', text: ['x'] }), '"text" must be text, it is object'],
    [
      'an overlong text',
      () => ({ action: 'interject', text: 'x'.repeat(10_001) }),
      '"text" has 10001 characters, at most 10000 are allowed',
    ],
    ['no reason to cut', () => ({ action: 'cut', from: 1 }), '"reason" must be text, it is undefined'],
    ['no reason to block', () => ({ action: 'block' }), '"reason" must be text, it is undefined'],
    [
      'a negative from',
      () => ({ action: 'cut', reason: 'x', from: -1 }),
      '"from" must be a whole number from 0, it is -1',
    ],
    [
      'half a from',
      () => ({ action: 'cut', reason: 'x', from: 1.5 }),
      '"from" must be a whole number from 0, it is 1.5',
    ],
    [
      'a from that is no number',
      () => ({ action: 'cut', reason: 'x', from: Number.NaN }),
      '"from" must be a whole number from 0, it is NaN',
    ],
    [
      'a from in words',
      () => ({ action: 'cut', reason: 'x', from: '3' }),
      '"from" must be a whole number from 0, it is string',
    ],
    [
      'a misspelt from',
      () => ({ action: 'cut', reason: 'x', form: 3 }),
      'unknown field "form" for cut; did it mean "from"?',
    ],
    [
      'a from for a block',
      () => ({ action: 'block', reason: 'x', from: 3 }),
      'unknown field "from" for block; known are action, reason',
    ],
    ['a throw', thrower(new TypeError('no such thing')), 'it threw TypeError: no such thing'],
    [
      'a throw that throws when it is read',
      thrower(Object.defineProperty(new Error('x'), 'message', { get: thrower(new Error('inner')) })),
      'it threw something that cannot be read',
    ],
    [
      'a throw of a hostile object',
      thrower(new Proxy({}, { getPrototypeOf: thrower('trap') })),
      'it threw something that cannot be read',
    ],
    ['a list that lies about itself', () => new Proxy([], { get: () => Number.NaN }), 'it returned NaN verdicts'],
    ['a list with another content for each reader', () => endless(), 'it returned a number, not a verdict'],
    ['a thrown text', thrower('boom'), 'it threw "boom"'],
    ['a thrown nothing', thrower(undefined), 'it threw a undefined'],
    ['a long throw', thrower(new Error('x'.repeat(1000))), `it threw Error: ${'x'.repeat(193)}`],
    [
      'endless recursion',
      function again(): unknown {
        return [again()];
      },
      'it threw RangeError: Maximum call stack size exceeded',
    ],
  ])('%s', (_, hook, problem) => {
    expect(failureOf(hook).message).toContain(`policy odd failed in onTurnEnd: ${problem}`);
  });

  test('more than a thousand verdicts that redact nothing, or very many redactions', () => {
    const redact = { action: 'redact', from: 0, to: 1, mask: '' };
    expect(answering(() => Array(5000).fill(redact))).toHaveLength(5000);
    const others = failureOf(() => [...Array(1001).fill({ action: 'cut', reason: 'x' }), redact]);
    expect(others.message).toContain('it returned 1001 verdicts that redact nothing, at most 1000 are allowed');
    const many = failureOf(() => Array(100_001).fill(redact));
    expect(many.message).toContain('it returned 100001 verdicts, at most 100000 are allowed');
  });

  test('a getter that throws', () => {
    const hook = () => ({
      action: 'cut',
      get reason() {
        throw new Error('boom');
      },
    });
    expect(failureOf(hook).message).toContain('it threw Error: boom');
  });

  test('name policy, version and hook, and keep the cause', () => {
    const cause = new Error('boom');
    const failure = failureOf(thrower(cause));
    expect(failure).toMatchObject({ name: 'PolicyFailure', policy: 'odd', version: 'v7', hook: 'onTurnEnd' });
    expect(failure.cause).toBe(cause);
  });

  test('a promise that rejects later ends nothing', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    failureOf(async () => Promise.reject(new Error('late')));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });
});

/** Its own iterator gives verdicts for ever. */
function endless(): unknown {
  const verdicts = function* () {
    for (;;) yield { action: 'cut', reason: 'x' };
  };
  return Object.assign([1], { [Symbol.iterator]: verdicts });
}

function failureOf(hook: () => unknown): PolicyFailure {
  try {
    answering(hook);
  } catch (error) {
    if (error instanceof PolicyFailure) return error;
    throw error;
  }
  throw new Error('the hook did not fail');
}
