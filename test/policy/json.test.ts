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
  [
    { schema: SCHEMA },
    '{"name": "Ada", "born": 1815}',
    'must NOT have additional properties (the schema knows name, age)',
  ],
])('%j: %j', (options, text, message) => {
  for (const deltas of [[text], text.split('')]) {
    const { ruling, released, releases } = play(gateOf([builtIn('json', options)]), deltas);
    expect(releases.slice(0, -1).join('')).toBe('');
    expect(released).toBe(message === undefined ? text : '');
    if (message === undefined) expect(ruling).toBeUndefined();
    else expect(ruling?.verdict).toMatchObject({ action: 'interject', text: expect.stringContaining(message) });
  }
});

test.each(['Hello sk-proj-abcdefg', '{"a": Hello}', '"abc" and more', '{"password": "hunter2', '["hunter2", hunter2]'])(
  'a correction quotes nothing of %s',
  (text) => {
    const words = correctionOf({}, text);
    expect(words).toContain('Your answer is not JSON');
    expect(words).not.toMatch(/Hello|sk-|abc|hunter/);
  },
);

test('a name that the schema does not know is told nowhere, however long it is; what the schema says is', () => {
  const open = { type: 'object', additionalProperties: { type: 'array', items: { type: 'number' } } };
  const of = (schema: object, answer: object): unknown => correctionOf({ schema }, JSON.stringify(answer));
  expect(of(open, { ['hunter2'.repeat(9_000)]: 1 })).toContain(' /… must be array.');
  expect(of(open, { '4111111111111111': ['hunter2'] })).toContain(' /…/0 must be number.');
  expect(of({ type: 'object', additionalProperties: false }, { hunter2: 1 })).toContain(
    'additional properties. Answer',
  );
  expect(of({ properties: { 'a/b': open } }, { 'a/b': { hunter2: [1, 'x'] } })).toContain(' /a~1b/…/1 must be number.');
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, place) => [`name${place}`, {}]));
  expect(of({ properties: many, additionalProperties: false }, { hunter2: 1 })).toMatch(
    /knows name0, .{193}…\)\. Answer/,
  );
});

function correctionOf(options: Record<string, unknown>, text: string): unknown {
  const { verdict } = play(gateOf([builtIn('json', options)]), [text]).ruling ?? {};
  return verdict?.action === 'interject' ? verdict.text : undefined;
}

test('reasoning need not be JSON', () => {
  const gate = gateOf([builtIn('json')], { place: { ...PLACE, channel: 'reasoning' } });
  expect(play(gate, ['Let me think.'])).toMatchObject({ released: 'Let me think.', ruling: undefined });
});

test.each([
  [{ schema: { type: 'objekt' } }, 'options.schema: is no JSON Schema of draft 7: '],
  [{ schema: { propertees: {} } }, 'unknown keyword: "propertees"'],
  [{ schema: { $ref: 'https://example.org/schema.json' } }, 'options.schema: is no JSON Schema of draft 7: '],
  [{ schema: { $async: true } }, 'options.schema: an asynchronous schema cannot be used'],
  [
    { schema: { items: { pattern: '^(a+)+$' } } },
    'options.schema: the pattern "^(a+)+$": it could try one text in very',
  ],
  [{ schema: { pattern: 'a+$' } }, 'make its repetitions shorter or exclude each other, or begin it with "^"'],
  [{ schema: { patternProperties: { '^(a|a)*$': { type: 'null' } } } }, 'options.schema: the pattern "^(a|a)*$": '],
  [{ schema: { pattern: '(' } }, 'options.schema: is no JSON Schema of draft 7: Invalid regular expression'],
  [{ schema: 'x' }, 'options.schema: '],
  [{ fence: true }, 'options: Unrecognized key: "fence"'],
])('%j is refused', (options, message) => {
  expect(() => builtIn('json', options)).toThrow(message);
});

test.each([
  ...['^[a-z]+$', '^\\p{L}+$', '^[^\\s@]+@[^\\s@]+$', '^\\d{4}-\\d{2}-\\d{2}$', '^(?:yes|no)$', 'x', '^.*\\.txt$'],
])('the pattern %s is taken as it is', (pattern) => {
  expect(() => builtIn('json', { schema: { properties: { a: { pattern } } } })).not.toThrow();
});
