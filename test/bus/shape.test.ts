/** The check at the border between processes: what it lets through, and that it names the place of what it refuses. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromAgent, toAgent } from '../../agent/bus/messages.ts';
import { count, list, messages, number, oneOf, optional, record, ShapeError, text } from '../../agent/bus/shape.ts';

describe('one value', () => {
  test.each([
    ['text', text, ''],
    ['number', number, -1.5],
    ['count', count, 0],
    ['count', count, Number.MAX_SAFE_INTEGER],
    ['oneOf', oneOf('a', 'b'), 'b'],
    ['optional', optional(text), undefined],
    ['list', list(count), [1, 2]],
    ['record', record({ a: text }), { a: 'x', further: 1 }],
  ])('%s takes what it describes and hands back the same value', (_, shape, value) => {
    expect(shape(value, 'value')).toBe(value);
  });

  test.each([
    ['text', text, 1, 'value: expected text'],
    ['number', number, Number.NaN, 'value: expected a number'],
    ['number', number, Number.POSITIVE_INFINITY, 'value: expected a number'],
    ['count', count, -1, 'value: expected a whole number'],
    ['count', count, 1.5, 'value: expected a whole number'],
    ['count', count, 2 ** 53, 'value: expected a whole number'],
    ['count', count, '1', 'value: expected a whole number'],
    ['oneOf', oneOf('a', 'b'), 'c', 'value: expected a | b'],
    ['optional', optional(text), null, 'value: expected text'],
    ['list', list(count), {}, 'value: expected a list'],
    ['list', list(count), [1, 'x'], 'value[1]: expected a whole number'],
    ['record', record({ a: text }), null, 'value: expected an object'],
    ['record', record({ a: text }), {}, 'value.a: expected text'],
    ['nested', record({ a: list(record({ b: count })) }), { a: [{ b: 1 }, { b: '' }] }, 'value.a[1].b: expected'],
  ])('%s refuses what it does not describe and names the place', (_, shape, value, message) => {
    expect(() => shape(value, 'value')).toThrow(ShapeError);
    expect(() => shape(value, 'value')).toThrow(message);
  });
});

describe('messages', () => {
  const shape = messages({ ping: { at: count }, pong: { at: count, by: optional(text) } });

  test.each([
    ['no object', 7],
    ['null', null],
    ['a list', []],
    ['no type', { at: 1 }],
    ['an unknown type', { type: 'pang', at: 1 }],
    ['a name that every object has', { type: 'constructor', at: 1 }],
    ['a type that cannot become text', { type: { toString: null, valueOf: null } }],
    ['a field too little', { type: 'ping' }],
  ])('refuses %s', (_, value) => {
    expect(() => shape(value, 'message')).toThrow(ShapeError);
  });

  test('an unknown type is quoted, but not at any length', () => {
    expect(() => shape({ type: 'pang' }, 'message')).toThrow('message.type: unknown message pang');
    const message = messageOf(() => shape({ type: 'x'.repeat(100_000) }, 'message'));
    expect(message.length).toBeLessThan(200);
  });

  test('whatever JSON holds, it is taken as it is or refused with a ShapeError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('hello', 'delta', 'turn-ended', 'turn-start'), (value, type) => {
        const candidate = { ...Object(value), type };
        for (const table of [fromAgent, toAgent]) expectTakenOrRefused(() => table(candidate, 'message'), candidate);
      }),
    );
  });
});

function messageOf(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return (error as Error).message;
  }
}

function expectTakenOrRefused(work: () => unknown, candidate: unknown): void {
  try {
    expect(work()).toBe(candidate);
  } catch (error) {
    expect(error).toBeInstanceOf(ShapeError);
  }
}
