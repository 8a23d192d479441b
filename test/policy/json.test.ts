/** `json`: what is an answer, and what is said of one that is none. */
import { expect, test } from 'vitest';
import { gateOf, PLACE, play } from '../gate/playing.ts';
import { builtIn } from './built-in-options.ts';

const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name'],
  additionalProperties: false,
};
const fence = (text: string): string => `\`\`\`json\n${text}\n\`\`\``;

test.each([
  [{}, '{"a": [1, 2]}', undefined],
  [{}, ' 42\n', undefined],
  [{}, '{"a": ', 'Your answer is not JSON: '],
  [{}, '', 'Your answer is not JSON: '],
  [{}, fence('{}'), 'Your answer is not JSON: '],
  [{ fenced: true }, fence('{}'), undefined],
  [{ fenced: true }, '{}', undefined],
  [{ fenced: true }, `Here: ${fence('{}')}`, 'Your answer is not JSON: '],
  [{ schema: SCHEMA }, '{"name": "Ada", "age": 36}', undefined],
  [{ schema: SCHEMA }, '{"name": 3}', 'does not fit the schema: /name must be string. Answer again'],
  [{ schema: SCHEMA }, '{}', "does not fit the schema: the whole must have required property 'name'."],
  [{ schema: SCHEMA }, '{"name": "Ada", "born": 1815}', 'must NOT have additional properties (born)'],
])('%j: %j', (options, text, message) => {
  for (const deltas of [[text], text.split('')]) {
    const { ruling, released, releases } = play(gateOf([builtIn('json', options)]), deltas);
    expect(releases.slice(0, -1).join('')).toBe('');
    expect(released).toBe(message === undefined ? text : '');
    if (message === undefined) expect(ruling).toBeUndefined();
    else expect(ruling?.verdict).toMatchObject({ action: 'interject', text: expect.stringContaining(message) });
  }
});

test('reasoning need not be JSON', () => {
  const gate = gateOf([builtIn('json')], { place: { ...PLACE, channel: 'reasoning' } });
  expect(play(gate, ['Let me think.'])).toMatchObject({ released: 'Let me think.', ruling: undefined });
});

test.each([
  [{ schema: { type: 'objekt' } }, 'options.schema: is no JSON Schema of draft 7: '],
  [{ schema: { propertees: {} } }, 'unknown keyword: "propertees"'],
  [{ schema: { $ref: 'https://example.org/schema.json' } }, 'options.schema: is no JSON Schema of draft 7: '],
  [{ schema: { $async: true } }, 'options.schema: an asynchronous schema cannot be used'],
  [{ schema: 'x' }, 'options.schema: '],
  [{ fence: true }, 'options: Unrecognized key: "fence"'],
])('%j is refused', (options, message) => {
  expect(() => builtIn('json', options)).toThrow(message);
});
