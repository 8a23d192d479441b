/** Every recorded reply of a real llama-server, as the answer to a chat request, through real sockets and however it is cut. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { StreamPart } from '../../agent/backend/backend.ts';
import { ChatCompletionStream } from '../../agent/backend/chat-completion-stream.ts';
import type { BackendError, BackendErrorCode } from '../../agent/backend/errors.ts';
import { CAPTURES, parseReply, readCapture } from './captures.ts';
import { asking, backendAt, type Collected, collect, never, textIn } from './collect.ts';
import { cut, type RawServer, replyInPieces, startRawServer } from './raw-server.ts';

interface Expected {
  texts?: string[];
  textCount?: number;
  reason?: 'stop' | 'length';
  usage?: [prompt: number, completion: number, cached: number];
  error?: BackendErrorCode;
}

const EXPECTED: Record<string, Expected> = {
  'chat-stream': {
    texts: [' over', ' number', ' night', ' large', ' south', ' even', ' good', ' than'],
    reason: 'length',
  },
  'chat-stream-usage': {
    texts: [' over', ' number', ' night', ' large', ' south', ' even', ' good', ' than'],
    reason: 'length',
    usage: [29, 8, 28],
  },
  'chat-stream-eos-immediately': { texts: [], reason: 'stop', usage: [16, 1, 4] },
  'chat-stream-max-tokens-0': { texts: [' over'], reason: 'length' },
  'chat-stream-ping-1s': { texts: [' extern', ' pour', ' fire', ' here'], reason: 'length' },
  'chat-stream-progress-timings': { texts: [' sample', ' became', ' little', ' jed'], reason: 'length' },
  'chat-stream-stop-word': { texts: [], reason: 'stop' },
  'kv-unified-exhausted-0': { textCount: 495, error: 'context_overflow' },
  'completion-stream': { texts: [], error: 'backend_truncated' },
  'chat-nonstream': { error: 'backend_garbage' },
  'err-404': { error: 'backend_refused' },
  'err-bad-json': { error: 'backend_failed' },
  'err-bad-max-tokens': { error: 'backend_refused' },
  'err-context-overflow-stream': { error: 'context_overflow' },
  'err-messages-not-array': { error: 'backend_refused' },
  'loading-chat-503': { error: 'backend_loading' },
  'loading-health-503': { error: 'backend_loading' },
  health: { error: 'backend_garbage' },
  metrics: { error: 'backend_garbage' },
  props: { error: 'backend_garbage' },
  'slots-busy': { error: 'backend_garbage' },
  'slots-idle': { error: 'backend_garbage' },
  tokenize: { error: 'backend_garbage' },
  'v1-models': { error: 'backend_garbage' },
};

const STREAMS = Object.keys(EXPECTED).filter((name) => EXPECTED[name]?.texts ?? EXPECTED[name]?.textCount);

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function replay(pieces: readonly Buffer[]): Promise<Collected> {
  server = await startRawServer(replyInPieces(pieces));
  return collect(backendAt(server.url).stream(asking('hello'), never()));
}

function expectOutcome({ parts, error }: Collected, expected: Expected): void {
  const texts = parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []));
  if (expected.textCount === undefined) expect(texts).toEqual(expected.texts ?? []);
  else expect(texts).toHaveLength(expected.textCount);
  const finishes = parts.filter((part) => part.type === 'finish');
  if (expected.error === undefined) {
    expect(error).toBeUndefined();
    const [promptTokens, completionTokens, cachedTokens] = expected.usage ?? [];
    const usage = expected.usage && { promptTokens, completionTokens, cachedTokens };
    expect(finishes).toEqual([{ type: 'finish', reason: expected.reason, usage }]);
    expect(parts.at(-1)).toBe(finishes[0]);
  } else {
    expect(error).toMatchObject({ name: 'BackendError', code: expected.error });
    expect(finishes).toEqual([]);
  }
}

/** Through the parser alone: the body in these pieces. */
function parse(pieces: readonly Buffer[]): Collected {
  const parts: StreamPart[] = [];
  const stream = new ChatCompletionStream((part) => parts.push(part));
  try {
    for (const piece of pieces) stream.feed(piece);
    stream.end();
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

test('every capture has an expectation', () => {
  expect(Object.keys(EXPECTED).sort()).toEqual([...CAPTURES].sort());
});

describe('through a socket', () => {
  test.each(CAPTURES)('%s, in the reads in which it came', async (name) => {
    const { bytes, reads } = readCapture(name);
    expectOutcome(await replay(cut(bytes, reads)), EXPECTED[name] ?? {});
  });

  test.each(CAPTURES.filter((name) => readCapture(name).bytes.length < 4000))('%s, byte by byte', async (name) => {
    const { bytes } = readCapture(name);
    expectOutcome(await replay(cut(bytes, new Array(bytes.length).fill(1))), EXPECTED[name] ?? {});
  });

  test.each(CAPTURES)('%s, in random pieces', async (name) => {
    const { bytes } = readCapture(name);
    const [sizes = []] = fc.sample(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 20 }), {
      seed: 7,
      numRuns: 1,
    });
    expectOutcome(await replay(cut(bytes, sizes)), EXPECTED[name] ?? {});
  });
});

test('a context overflow tells its numbers, as recorded', async () => {
  const { error } = await replay([readCapture('err-context-overflow-stream').bytes]);
  expect((error as BackendError).details).toEqual({ promptTokens: 12016, contextTokens: 2048 });
});

describe('through the parser', () => {
  test.each(STREAMS)('%s, byte by byte', (name) => {
    const { body } = parseReply(readCapture(name).bytes);
    expectOutcome(parse(cut(body, new Array(body.length).fill(1))), EXPECTED[name] ?? {});
  });

  test.each(STREAMS)('%s gives the same parts however it is cut', (name) => {
    const { body } = parseReply(readCapture(name).bytes);
    const whole = parse([body]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: body.length }), { maxLength: 40 }), (sizes) => {
        const pieces = parse(cut(body, sizes));
        expect(pieces.parts).toEqual(whole.parts);
        expect(textIn(pieces.parts)).toBe(textIn(whole.parts));
      }),
      { numRuns: 25 },
    );
  });

  test.each(STREAMS)('%s cut short anywhere fails, unless its finish reason had come', (name) => {
    const { body } = parseReply(readCapture(name).bytes);
    const finish = body.indexOf('"finish_reason":"');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: (finish === -1 ? body.length : finish) - 1 }), (length) => {
        expect(parse([body.subarray(0, length)])).toMatchObject({ error: { code: 'backend_truncated' } });
      }),
      { numRuns: 25 },
    );
  });
});
