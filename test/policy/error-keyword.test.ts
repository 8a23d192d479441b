/** The default policy: what it flags, where, and what it says then. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorKeyword } from '../../policy/error-keyword.ts';
import type { Channel } from '../../policy/policy.ts';
import { createGate } from '../../supervisor/gate/gate.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { SPENT } from '../gate/playing.ts';

const loaded = { name: errorKeyword.name, version: '1', policy: errorKeyword };

function judgeMessage(content: string) {
  return callHook(loaded, 'onMessage', { agent: 'assistant', chat: 'main', run: 'run-1', role: 'user', content });
}

function stream(deltas: readonly string[], channel: Channel = 'text') {
  const place = { agent: 'assistant', chat: 'main', run: 'run-1', turn: 1, channel, spent: SPENT };
  const gate = createGate({ policies: [loaded], judge: callHook, place });
  const steps = [...deltas.map((delta) => gate.push(delta)), gate.end()];
  return {
    released: steps.map((step) => step.released).join(''),
    verdict: steps.find((step) => step.ruling)?.ruling?.verdict,
  };
}

describe('user messages', () => {
  test.each(['ERROR', 'What is an ERROR?', 'MYERRORS', 'say: "ERROR"'])('%s is corrected for', (content) => {
    expect(judgeMessage(content)).toEqual([
      { action: 'interject', text: 'The message above contains "ERROR". Answer it without using that word.' },
    ]);
  });

  test.each(['', 'error', 'Error', 'ERR OR', 'E R R O R', 'ERRОR with a Cyrillic О'])('%j is allowed', (content) => {
    expect(judgeMessage(content)).toEqual([]);
  });
});

describe('streamed text', () => {
  const words: Record<Channel, string> = {
    text: 'Your answer was stopped because it contained "ERROR". Answer again without that word.',
    reasoning: 'Your reasoning was stopped because it contained "ERROR". Think and answer again without that word.',
  };

  test.each(Object.entries(words) as [Channel, string][])(
    'in %s, split anywhere, is cut and corrected',
    (channel, text) => {
      const whole = 'An ERRand, an ERROR and more';
      for (let at = 0; at <= whole.length; at++) {
        expect(stream([whole.slice(0, at), whole.slice(at)], channel)).toEqual({
          released: 'An ERRand, an ',
          verdict: { action: 'interject', text },
        });
      }
    },
  );

  test('nothing of the word is ever shown', () => {
    const parts = fc.array(fc.constantFrom('E', 'R', 'O', 'ER', 'ERR', 'ERROR', 'ROR', ' '), { maxLength: 20 });
    fc.assert(
      fc.property(parts, (deltas) => {
        const whole = deltas.join('');
        expect(stream(deltas).released).toBe(whole.split('ERROR')[0]);
        expect(stream(deltas).verdict !== undefined).toBe(whole.includes('ERROR'));
      }),
      { numRuns: 2000 },
    );
  });

  test('other text passes without waiting', () => {
    const deltas = ['It ', 'is an ', 'error', ', no ', 'mistake.'];
    expect(stream(deltas)).toEqual({ released: deltas.join(''), verdict: undefined });
  });
});
