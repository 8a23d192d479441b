/** The parser of Ollama's lines: whole characters, reasoning, the end, tool calls, errors, limits. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../../agent/backend/backend.ts';
import { OllamaChatStream } from '../../agent/backend/ollama-chat-stream.ts';
import { textIn } from './collect.ts';
import { cut } from './raw-server.ts';

const DONE = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' };
const FINISH = { type: 'finish', reason: 'stop', usage: undefined };

const says = (content: string) => ({ model: 'tiny', message: { role: 'assistant', content }, done: false });

function bytesOf(...lines: object[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function parseBytes(pieces: readonly Buffer[]): StreamPart[] {
  const parts: StreamPart[] = [];
  const stream = new OllamaChatStream((part) => parts.push(part));
  for (const piece of pieces) stream.feed(piece);
  stream.end();
  return parts;
}

const parse = (...lines: object[]) => parseBytes([bytesOf(...lines)]);
const code = (expected: string) => expect.objectContaining({ name: 'BackendError', code: expected });

describe('the end', () => {
  test.each([
    ['stop', { ...DONE, prompt_eval_count: 26, eval_count: 298, eval_duration: 4709213000 }, 'stop', [26, 298, 0]],
    ['length', { ...DONE, done_reason: 'length', prompt_eval_count: 26, eval_count: 7 }, 'length', [26, 7, 0]],
    ['no reason, as by old servers', { done: true, prompt_eval_count: 26, eval_count: 7 }, 'stop', [26, 7, 0]],
    [
      'tokens of the cache',
      { ...DONE, prompt_eval_count: 26, prompt_eval_cached_count: 20, eval_count: 7 },
      'stop',
      [26, 7, 20],
    ],
    ['an empty answer: a count of 0 is left out', { ...DONE, prompt_eval_count: 26 }, 'stop', [26, 0, 0]],
  ] as const)('%s', (_, line, reason, [promptTokens, completionTokens, cachedTokens]) => {
    const usage = { promptTokens, completionTokens, cachedTokens };
    expect(parse(says('a'), line)).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'finish', reason, usage },
    ]);
  });

  test.each([
    ['an unknown size of the prompt is no usage', { ...DONE, eval_count: 7 }],
    ['a model that was only loaded', { ...DONE, done_reason: 'load' }],
    ['or only unloaded', { ...DONE, done_reason: 'unload' }],
  ])('%s', (_, line) => {
    expect(parse(line)).toEqual([FINISH]);
  });

  test('comes once, whatever follows', () => {
    const parts = parse(says('a'), DONE, says('late'), DONE, { error: 'late' });
    expect(parts).toEqual([{ type: 'text-delta', text: 'a' }, FINISH]);
  });

  test('may hold the last text, and may miss its line end', () => {
    expect(parse(says('a'), { ...DONE, message: { content: 'b' } })).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
      FINISH,
    ]);
    expect(parseBytes([Buffer.from(JSON.stringify(DONE))])).toEqual([FINISH]);
  });

  test('is a failure when no line is done, wherever the stream was cut', () => {
    const whole = bytesOf(says('Grüße 😀'), says('b'), DONE);
    expect(() => parseBytes([])).toThrow(code('backend_truncated'));
    for (let length = 0; length < whole.length - 2; length++) {
      expect(() => parseBytes([whole.subarray(0, length)])).toThrow(code('backend_truncated'));
    }
  });
});

describe('the two channels', () => {
  test.each(['thinking', 'reasoning'])('reasoning in %s', (field) => {
    const parts = parse({ message: { content: '', [field]: 'hm' }, done: false }, says('a'), says(''), DONE);
    expect(parts).toEqual([{ type: 'reasoning-delta', text: 'hm' }, { type: 'text-delta', text: 'a' }, FINISH]);
  });
});

test('for any text, split anywhere in code units and cut anywhere in bytes: whole characters, nothing lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.array(fc.nat({ max: 40 })),
      fc.array(fc.integer({ min: 1, max: 50 })),
      (text, at, sizes) => {
        const borders = [
          0,
          ...at.map((position) => Math.min(position, text.length)).sort((a, b) => a - b),
          text.length,
        ];
        const pieces = borders.slice(1).map((border, index) => text.slice(borders[index], border));
        const parts = parseBytes(cut(bytesOf(...pieces.map(says), DONE), sizes));
        expect(textIn(parts)).toBe(text);
        expect(parts.filter(({ type }) => type === 'finish')).toEqual([parts.at(-1)]);
        for (const part of parts) if (part.type === 'text-delta') expect(part.text).toMatch(/^\P{Surrogate}+$/u);
      },
    ),
  );
});

describe('what is not an answer', () => {
  test('a tool call', () => {
    const call = {
      message: { content: '', tool_calls: [{ function: { name: 'look_up', arguments: {} } }] },
      done: false,
    };
    expect(() => parse(says('a'), call, DONE)).toThrow(code('tool_calls_unsupported'));
    expect(textIn(parse({ message: { content: 'a', tool_calls: [] } }, DONE))).toBe('a');
  });

  test.each([
    [{ error: 'an error was encountered while running the model: CUDA error' }, 'backend_failed', 'CUDA error'],
    [{ error: 'the input length exceeds the context length' }, 'context_overflow', 'input length'],
    [{ error: { message: 'it broke' } }, 'backend_failed', 'it broke'],
  ])('an error in mid-stream: %j', (line, expected, text) => {
    const parts: StreamPart[] = [];
    const stream = new OllamaChatStream((part) => parts.push(part));
    const message = expect.stringContaining(text);
    expect(() => stream.feed(bytesOf(says('before'), line))).toThrow(
      expect.objectContaining({ code: expected, message }),
    );
    expect(parts).toEqual([{ type: 'text-delta', text: 'before' }]);
  });

  test.each(['not json\n', '17\n', 'null\n', '<html>\n', '{"hello":1}', '{"hello":1}\n'])('%j is garbage', (text) => {
    expect(() => parseBytes([Buffer.from(text)])).toThrow(code('backend_garbage'));
  });

  test('a line without end', () => {
    const stream = new OllamaChatStream(() => {});
    const flood = () => {
      for (let piece = 0; piece < 100; piece++) stream.feed(Buffer.alloc(64 * 1024, 'a'));
    };
    expect(flood).toThrow(code('backend_garbage'));
  });

  test('lines that are not known, empty lines and Windows line ends do not matter', () => {
    const lines = [JSON.stringify({ status: 'loading' }), '', JSON.stringify(says('a')), JSON.stringify(DONE), ''];
    expect(textIn(parseBytes([Buffer.from(lines.join('\r\n'))]))).toBe('a');
  });
});
