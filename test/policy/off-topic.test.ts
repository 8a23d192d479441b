/** `off-topic`: forbidden and wanted keywords. */
import { expect, test } from 'vitest';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { gateOf, play } from '../gate/playing.ts';
import { builtIn } from './built-in-options.ts';

const FORBIDDEN = { forbidden: ['lottery', 'horse races', 'C++'] };

test.each([
  ['Play the lottery today.', 'Play the '],
  ['Play the LOTTERY', 'Play the '],
  ['Watch horse\nraces.', 'Watch '],
  ['Write C++, please', 'Write '],
  ['lottery', ''],
  ['(Lottery)', '('],
])('%j is shown as %j', (text, shown) => {
  for (let at = 0; at <= text.length; at++) {
    const { released, ruling } = play(gateOf([builtIn('off-topic', FORBIDDEN)]), [text.slice(0, at), text.slice(at)]);
    expect(released).toBe(shown);
    expect(ruling?.verdict.action).toBe('interject');
  }
  expect(play(gateOf([builtIn('off-topic', FORBIDDEN)]), text.split('')).released).toBe(shown);
});

test.each(['Play the lotteryland game', 'sublottery', 'horseraces', 'lottery_id', 'lotteŕy', 'C+', ''])(
  '%j is fine',
  (text) => {
    for (const deltas of [[text], text.split('')]) {
      const { released, ruling } = play(gateOf([builtIn('off-topic', FORBIDDEN)]), deltas);
      expect([released, ruling]).toEqual([text, undefined]);
    }
  },
);

test('far behind the beginning too', () => {
  const text = `${'word '.repeat(500)}lottery and more`;
  expect(play(gateOf([builtIn('off-topic', FORBIDDEN)]), text.match(/.{1,3}/g) ?? []).released).toBe(
    'word '.repeat(500),
  );
});

test.each([
  [{ ...FORBIDDEN }, 'interject'],
  [{ ...FORBIDDEN, action: 'block' }, 'block'],
])('a message with %j', (options, action) => {
  const policy = builtIn('off-topic', options);
  const loaded = { name: policy.name, version: '1', policy };
  const judge = (content: string) =>
    callHook(loaded, 'onMessage', { agent: 'assistant', chat: 'main', run: 'run-1', role: 'user', content });
  expect(judge('How do I win the Lottery?')).toMatchObject([{ action }]);
  expect(judge('How do I win?')).toEqual([]);
});

test.each([
  ['interject', 'It may rain.', 'It may rain.'],
  ['block', 'It may rain.', 'It may rain.'],
])('without a wanted keyword by the end: %s', (action, text, shown) => {
  const policy = builtIn('off-topic', { wanted: ['sun', 'snow'], action });
  const { released, ruling } = play(gateOf([policy]), text.split(' '));
  expect(ruling?.verdict.action).toBe(action);
  expect(shown.replaceAll(' ', '').startsWith(released)).toBe(true);
  expect(play(gateOf([policy]), ['The Sun', ' shines.']).ruling).toBeUndefined();
});

test.each([
  [{}, 'options: give forbidden or wanted keywords'],
  [{ forbidden: [] }, 'options.forbidden: '],
  [{ forbidden: [' x'] }, 'options.forbidden[0]: must not begin or end with white space'],
  [{ forbidden: ['x'], action: 'cut' }, 'options.action: '],
])('%j is refused', (options, message) => {
  expect(() => builtIn('off-topic', options)).toThrow(message);
});
