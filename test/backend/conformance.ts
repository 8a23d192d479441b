/**
 * What every backend must do, whichever server it speaks to: a suite to be run over (backend, server). What only a server that
 * says what it is told can show is tested where `script` tells how to tell it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  Backend,
  BackendDefinition,
  BackendStatus,
  ModelRequest,
  StreamPart,
} from '../../agent/backend/backend.ts';
import type { BackendErrorCode } from '../../agent/backend/errors.ts';
import { type Collected, collect, deferred, never, textIn } from './collect.ts';
import { startTap, type Tap } from './tap.ts';

interface ServerUnderTest {
  definition: BackendDefinition;
  model: string;
  close(): Promise<void>;
}

export type Failure = 'truncate' | 'hang' | 'loading' | 'internal' | 'garbage';

/** User messages that make the server do something exactly. */
export interface Script {
  say(text: string): string;
  think(reasoning: string, text: string): string;
  fail(failure: Failure, text: string): string;
}

export interface ConformanceTarget {
  name: string;
  server: BackendStatus['server'];
  /** Longer than any context the server has, in words. */
  tooManyWords: number;
  createBackend(definition: BackendDefinition): Backend;
  /** At least two slots. */
  startServer(): Promise<ServerUnderTest>;
  script?: Script;
}

interface Bench {
  backend: Backend;
  tap: Tap;
  ask(content: string, options?: ModelRequest['options'], signal?: AbortSignal): AsyncIterable<StreamPart>;
}

/** Registers the suite. */
export function testConformance(target: ConformanceTarget): void {
  describe(`conformance: ${target.name}`, () => {
    let server: ServerUnderTest;
    let bench: Bench;
    beforeAll(async () => {
      server = await target.startServer();
      bench = await setUp(target, server);
    });
    afterAll(async () => {
      await bench.tap.close();
      await server.close();
    });

    testAnswers(() => bench);
    testAborts(() => bench);
    testProbes(target, () => bench);
    testRefusals(target, () => bench);
    if (target.script !== undefined) testScript(target.script, () => bench);
  });
}

async function setUp(target: ConformanceTarget, { definition, model }: ServerUnderTest): Promise<Bench> {
  const tap = await startTap(definition.url);
  const backend = target.createBackend({ ...definition, url: tap.url });
  const ask: Bench['ask'] = (content, options = {}, signal = never()) =>
    backend.stream({ model, messages: [{ role: 'user', content }], options }, signal);
  return { backend, tap, ask };
}

function expectWholeAnswer({ parts, error }: Collected): void {
  expect(error).toBeUndefined();
  expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
  expect(parts.at(-1)?.type).toBe('finish');
  for (const part of parts) if (part.type !== 'finish') expect(part.text).toMatch(/^\P{Surrogate}+$/u);
}

function testAnswers(bench: () => Bench): void {
  test('an answer is deltas and one finish with usage, on one connection that is closed afterwards', async () => {
    const { tap, ask } = bench();
    const before = tap.connections.length;
    const answer = await collect(ask('tell me about the weather', { maxTokens: 20 }));
    expectWholeAnswer(answer);
    expect(textIn(answer.parts)).not.toBe('');
    const finish = answer.parts.at(-1);
    expect(finish).toMatchObject({ usage: { promptTokens: expect.any(Number), completionTokens: expect.any(Number) } });
    expect(tap.connections.length).toBe(before + 1);
    await tap.connections[before]?.closedByClient;
  });

  test('maxTokens ends the answer', async () => {
    const answer = await collect(bench().ask('tell me about the weather', { maxTokens: 3 }));
    expectWholeAnswer(answer);
    const finish = answer.parts.at(-1);
    expect(finish?.type === 'finish' && (finish.usage?.completionTokens ?? 0)).toBeLessThanOrEqual(3);
    expect(answer.parts.length).toBeLessThanOrEqual(4);
  });

  test('the same seed gives the same answer', async () => {
    const options = { maxTokens: 12, seed: 11, temperature: 0 };
    const first = await collect(bench().ask('count the apples', options));
    const second = await collect(bench().ask('count the apples', options));
    expect(textIn(second.parts)).toBe(textIn(first.parts));
  });

  test('answers run side by side, more than there are slots', async () => {
    const topics = ['rain', 'snow', 'wind', 'fog', 'hail', 'heat'];
    const answers = await Promise.all(
      topics.map((topic) => collect(bench().ask(`tell me about ${topic}`, { maxTokens: 8 }))),
    );
    for (const answer of answers) expectWholeAnswer(answer);
  });

  test('an answer that is begun for the model does not begin again', async () => {
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'tell me about the weather' },
      { role: 'assistant', content: 'Zebra-crossing weather is' },
    ];
    const answer = await collect(
      bench().backend.stream({ model: 'any', messages, options: { maxTokens: 8 } }, never()),
    );
    expectWholeAnswer(answer);
    expect(textIn(answer.parts)).not.toContain('Zebra-crossing');
  });
}

function testAborts(bench: () => Bench): void {
  test('an abort in mid-answer closes the connection and throws the reason', async () => {
    const { tap, ask } = bench();
    const before = tap.connections.length;
    const controller = new AbortController();
    const reason = new Error('cut');
    const seen: StreamPart[] = [];
    const reading = (async () => {
      for await (const part of ask('tell me about the weather', {}, controller.signal)) {
        seen.push(part);
        controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    await tap.connections[before]?.closedByClient;
    expect(seen).toHaveLength(1);
  });

  test('an abort before the call opens no connection', async () => {
    const { tap, ask } = bench();
    const before = tap.connections.length;
    expect((await collect(ask('hello', {}, AbortSignal.abort('no')))).error).toBe('no');
    expect(tap.connections.length).toBe(before);
  });

  test('a reader that leaves closes the connection', async () => {
    const { tap, ask } = bench();
    const before = tap.connections.length;
    let seen = 0;
    for await (const _ of ask('tell me about the weather')) {
      seen++;
      break;
    }
    await tap.connections[before]?.closedByClient;
    expect(seen).toBe(1);
  });

  test('aborted calls leave their slots to others', async () => {
    const { ask } = bench();
    const controller = new AbortController();
    const started = Array.from({ length: 8 }, (_, index) => {
      const first = deferred<void>();
      const reading = (async () => {
        for await (const _ of ask(`tell me more about number ${index}`, {}, controller.signal)) first.resolve();
      })();
      return { first: first.promise, reading: reading.catch((error: unknown) => error) };
    });
    await Promise.race(started.map(({ first }) => first));
    controller.abort('all of you');
    for (const { reading } of started) expect(['all of you', undefined]).toContain(await reading);
    expectWholeAnswer(await collect(ask('and now tell me something', { maxTokens: 4 })));
  });
}

function testProbes(target: ConformanceTarget, bench: () => Bench): void {
  test('a probe says what the server is', async () => {
    const status = await bench().backend.probe(never());
    expect(status).toMatchObject({ server: target.server, ready: true, detail: undefined });
    expect(status.models.length).toBeGreaterThan(0);
    expect(status.slots ?? 2).toBeGreaterThanOrEqual(2);
  });

  test('nobody there: a probe says so, a call is unreachable', async () => {
    const gone = await startTap(bench().tap.url);
    await gone.close();
    const backend = target.createBackend({ ...bench().backend.definition, url: gone.url });
    expect(await backend.probe(never())).toMatchObject({ ready: false, detail: expect.stringMatching(/./) });
    const { error } = await collect(backend.stream({ model: 'any', messages: [], options: {} }, never()));
    expect(error).toMatchObject({ name: 'BackendError', code: 'backend_unreachable' });
  });
}

function testRefusals(target: ConformanceTarget, bench: () => Bench): void {
  test('a conversation that is too long is a context overflow', async () => {
    const { parts, error } = await collect(bench().ask('word '.repeat(target.tooManyWords)));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ name: 'BackendError', code: 'context_overflow' });
  });
}

function testScript(script: Script, bench: () => Bench): void {
  test.each([
    'plain words',
    'Grüße, 世界! 👩‍👩‍👧 e\u0301 \u{1F600}',
    ' two  spaces,\ttabs\nand lines\n',
    '"quoted" \\ back',
  ])('says exactly %j', async (text) => {
    const answer = await collect(bench().ask(script.say(text)));
    expectWholeAnswer(answer);
    expect(textIn(answer.parts)).toBe(text);
  });

  test('thinks first, on a channel of its own', async () => {
    const answer = await collect(bench().ask(script.think('one moment', 'here it is')));
    expectWholeAnswer(answer);
    expect(textIn(answer.parts, 'reasoning-delta')).toBe('one moment');
    expect(textIn(answer.parts)).toBe('here it is');
    const kinds = answer.parts.map(({ type }) => type);
    expect(kinds.lastIndexOf('reasoning-delta')).toBeLessThan(kinds.indexOf('text-delta'));
  });

  const failures: [Failure, BackendErrorCode][] = [
    ['truncate', 'backend_truncated'],
    ['loading', 'backend_loading'],
    ['internal', 'backend_failed'],
    ['garbage', 'backend_garbage'],
  ];
  test.each(failures)('%s is %s', async (failure, code) => {
    const { parts, error } = await collect(bench().ask(script.fail(failure, 'one two three four five six')));
    expect(error).toMatchObject({ name: 'BackendError', code });
    expect('one two three four five six'.startsWith(textIn(parts))).toBe(true);
    expect(parts.filter(({ type }) => type === 'finish')).toEqual([]);
  });

  test('a server that hangs is waited for until the abort', async () => {
    const controller = new AbortController();
    let text = '';
    const reading = (async () => {
      for await (const part of bench().ask(script.fail('hang', 'one two three four five six'), {}, controller.signal)) {
        if (part.type === 'text-delta') text += part.text;
        if (text === 'one two three') setImmediate(() => controller.abort('enough'));
      }
    })();
    await expect(reading).rejects.toBe('enough');
    expect(text).toBe('one two three');
  });
}
