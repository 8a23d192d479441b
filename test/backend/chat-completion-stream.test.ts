/** The stream parser on what no capture holds: whole characters, reasoning, tool calls, other servers' habits, limits. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../../agent/backend/backend.ts';
import { ChatCompletionStream } from '../../agent/backend/chat-completion-stream.ts';
import { textIn } from './collect.ts';
import { cut, delta } from './raw-server.ts';

const USAGE = '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}';
const STOP = delta({}, 'stop');
const FINISH = { type: 'finish', reason: 'stop', usage: undefined };

function parse(...events: string[]): StreamPart[] {
  return parseBytes([Buffer.from(events.map((event) => `data: ${event}\n\n`).join(''))]);
}

function parseBytes(pieces: readonly Buffer[]): StreamPart[] {
  const parts: StreamPart[] = [];
  const stream = new ChatCompletionStream((part) => parts.push(part));
  for (const piece of pieces) stream.feed(piece);
  stream.end();
  return parts;
}

/** A content delta as other servers may write it: every code unit above ASCII as an escape of its own. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const written = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  return `{"choices":[{"delta":{"content":"${written}"}}]}`;
}

describe('the end', () => {
  test('comes with [DONE] when there is no usage', () => {
    expect(parse(delta({ content: 'a' }), STOP, '[DONE]')).toEqual([{ type: 'text-delta', text: 'a' }, FINISH]);
  });

  test('comes as soon as finish reason and usage are there, and once', () => {
    const parts: StreamPart[] = [];
    const stream = new ChatCompletionStream((part) => parts.push(part));
    stream.feed(Buffer.from(`data: ${STOP}\n\n`));
    expect(stream.finished).toBe(false);
    stream.feed(Buffer.from(`data: ${USAGE}\n\n`));
    expect(stream.finished).toBe(true);
    stream.feed(Buffer.from(`data: ${delta({ content: 'late' })}\n\ndata: [DONE]\n\n`));
    stream.end();
    expect(parts).toEqual([
      { type: 'finish', reason: 'stop', usage: { promptTokens: 5, completionTokens: 2, cachedTokens: 0 } },
    ]);
  });

  test('may come without [DONE] after a finish reason, and without a finish reason before [DONE]', () => {
    expect(parse(delta({ content: 'a' }, 'length'))).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'finish', reason: 'length', usage: undefined },
    ]);
    expect(parse(delta({ content: 'a' }), '[DONE]').at(-1)).toEqual(FINISH);
  });

  test('is a failure without either', () => {
    expect(() => parse(delta({ content: 'a' }))).toThrow(expect.objectContaining({ code: 'backend_truncated' }));
    expect(() => parse()).toThrow(expect.objectContaining({ code: 'backend_truncated' }));
    expect(() => parse('{"choices":[],"timings":{"predicted_n":3}}')).toThrow(
      expect.objectContaining({ code: 'backend_truncated' }),
    );
  });

  test('of usage that is told again and again is the last usage', () => {
    const counting = (count: number) =>
      `{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":${count}}}`;
    const last = `{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`;
    expect(parse(counting(1), counting(2), last, '[DONE]').at(-1)).toMatchObject({ usage: { completionTokens: 2 } });
  });
});

describe('the two channels', () => {
  test.each(['reasoning_content', 'reasoning', 'thinking'])('reasoning in %s', (field) => {
    expect(parse(delta({ [field]: 'hm' }), delta({ content: 'a' }), STOP)).toEqual([
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'a' },
      FINISH,
    ]);
  });

  test('reasoning told in both fields is told once; empty and missing texts are no deltas', () => {
    const parts = parse(
      delta({ reasoning_content: 'hm', reasoning: 'hm' }),
      delta({ content: '' }),
      delta({ content: null }),
      STOP,
    );
    expect(parts).toEqual([{ type: 'reasoning-delta', text: 'hm' }, FINISH]);
  });
});

describe('characters are whole', () => {
  test('a pair that is split over deltas comes with the second', () => {
    expect(parse(escaped('a\ud83d'), escaped('\ude00b'), STOP)).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: '😀b' },
      FINISH,
    ]);
  });

  test('a half that stays alone becomes U+FFFD, wherever it stands', () => {
    expect(textIn(parse(escaped('a\ud83d'), STOP, '[DONE]'))).toBe('a\ufffd');
    expect(textIn(parse(escaped('a\ud83d'), escaped('b\ude00'), STOP))).toBe('a\ufffdb\ufffd');
  });

  test('each channel keeps its own half', () => {
    const parts = parse(
      '{"choices":[{"delta":{"reasoning":"\\ud83d"}}]}',
      escaped('\ud83d'),
      '{"choices":[{"delta":{"reasoning":"\\ude00"}}]}',
      escaped('\ude01'),
      STOP,
    );
    expect(textIn(parts, 'reasoning-delta')).toBe('😀');
    expect(textIn(parts)).toBe('😁');
  });

  test('for any text, split anywhere in code units, written as escapes or as bytes, cut anywhere', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(30)),
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.boolean(),
        (whole, at, sizes, asEscapes) => {
          const borders = [
            0,
            ...at.map((position) => Math.min(position, whole.length)).sort((one, other) => one - other),
            whole.length,
          ];
          const deltas = borders.slice(1).map((border, index) => whole.slice(borders[index], border));
          const events = deltas.map((piece) => (asEscapes ? escaped(piece) : delta({ content: piece })));
          const bytes = Buffer.from([...events, STOP].map((event) => `data: ${event}\n\n`).join(''));
          const parts = parseBytes(cut(bytes, sizes));
          expect(textIn(parts)).toBe(whole);
          for (const part of parts) {
            if (part.type === 'text-delta') expect(part.text).toMatch(/^\P{Surrogate}+$/u);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what is not an answer', () => {
  test.each([
    delta({ tool_calls: [{ index: 0, function: { name: 'look_up', arguments: '' } }] }),
    delta({ function_call: { name: 'look_up' } }),
    delta({}, 'tool_calls'),
  ])('a tool call: %s', (event) => {
    expect(() => parse(delta({ content: 'a' }), event)).toThrow(
      expect.objectContaining({ code: 'tool_calls_unsupported' }),
    );
  });

  test('no tool call: an empty list of them', () => {
    expect(textIn(parse(delta({ content: 'a', tool_calls: [], function_call: null }), STOP))).toBe('a');
  });

  test.each([
    ['{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}', 'context_overflow'],
    ['{"error":{"code":500,"message":"out of memory","type":"server_error"}}', 'backend_failed'],
    ['{"error":"something broke"}', 'backend_failed'],
    ['{"choices":[{"fini', 'backend_garbage'],
    ['17', 'backend_garbage'],
    ['null', 'backend_garbage'],
  ])('%s is %s', (event, code) => {
    const parts: StreamPart[] = [];
    const stream = new ChatCompletionStream((part) => parts.push(part));
    const bytes = Buffer.from(`data: ${delta({ content: 'before' })}\n\ndata: ${event}\n\n`);
    expect(() => stream.feed(bytes)).toThrow(expect.objectContaining({ name: 'BackendError', code }));
    expect(parts).toEqual([{ type: 'text-delta', text: 'before' }]);
  });

  test('an error in a field of its own, as older servers send it', () => {
    const line = Buffer.from('error: {"code":500,"message":"it broke","type":"server_error"}\n\n');
    expect(() => parseBytes([line])).toThrow(
      expect.objectContaining({ code: 'backend_failed', message: expect.stringContaining('it broke') }),
    );
  });

  test('an event without end', () => {
    const stream = new ChatCompletionStream(() => {});
    const flood = () => {
      for (let piece = 0; piece < 100; piece++) stream.feed(Buffer.alloc(64 * 1024, 'a'));
    };
    expect(flood).toThrow(expect.objectContaining({ code: 'backend_garbage' }));
  });

  test('comments, other fields and Windows line ends do not matter', () => {
    const bytes = Buffer.from(
      `: ping\r\n\r\nid: 7\r\nretry: soon\r\nevent: x\r\ndata: ${delta({ content: 'a' })}\r\n\r\ndata: ${STOP}\r\n\r\n`,
    );
    expect(textIn(parseBytes([bytes]))).toBe('a');
  });
});
