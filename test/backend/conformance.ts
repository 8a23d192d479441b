/**
 * What every backend must do, whichever server it speaks to: a suite to be run over (backend, server). What only a server that
 * says what it is told can show is tested where `script` tells how to tell it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelRequest, StreamPart } from '../../agent/backend/backend.ts';
import type { BackendError } from '../../agent/backend/errors.ts';
import { collect, deferred, never, textIn } from './collect.ts';
import {
  type Bench,
  type ConformanceTarget,
  expectWholeAnswer,
  type ServerUnderTest,
  setUp,
} from './conformance-bench.ts';
import { testScript } from './conformance-script.ts';
import { startTap } from './tap.ts';

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

  test('usage counts what was sent and what was answered', async () => {
    const usageOf = async (content: string) => {
      const finish = (await collect(bench().ask(content, { maxTokens: 8 }))).parts.at(-1);
      return finish?.type === 'finish' ? finish.usage : undefined;
    };
    const [short, long] = [
      await usageOf('the weather'),
      await usageOf('tell me about the weather of tomorrow, please'),
    ];
    expect(long?.promptTokens).toBeGreaterThan(short?.promptTokens ?? Number.POSITIVE_INFINITY);
    expect(short?.completionTokens).toBeGreaterThan(0);
    expect(short?.completionTokens).toBeLessThanOrEqual(8);
  });

  test('a call is accepted once, before its first part', async () => {
    const log: string[] = [];
    const listener = { onAccepted: () => void log.push('accepted') };
    for await (const { type } of bench().ask('tell me about the weather', { maxTokens: 3 }, never(), listener)) {
      log.push(type);
    }
    expect(log.indexOf('accepted')).toBe(0);
    expect(log.lastIndexOf('accepted')).toBe(0);
  });

  test('one call after the other, each on a connection of its own, without an error', async () => {
    const { tap, ask } = bench();
    const before = tap.connections.length;
    for (let count = 0; count < 20; count++) expectWholeAnswer(await collect(ask('hello', { maxTokens: 1 })));
    expect(tap.connections.length).toBe(before + 20);
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
      bench().backend.stream({ model: bench().model, messages, options: { maxTokens: 8 } }, never()),
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
    expect(status.slots ?? 1).toBeGreaterThanOrEqual(1);
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
    expect(error).toMatchObject({ name: 'BackendError', code: 'context_overflow', retryable: false });
    const { promptTokens = 0, contextTokens = 0 } = (error as BackendError).details;
    expect(promptTokens > contextTokens && contextTokens > 0).toBe(target.tellsOverflow);
  });

  if (!target.refusesUnknownModels) return;
  test('a model that is not there is refused, with what to do', async () => {
    const { backend } = bench();
    const request = { model: 'no-such-model', messages: [{ role: 'user' as const, content: 'hello' }], options: {} };
    const { parts, error } = await collect(backend.stream(request, never()));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ name: 'BackendError', code: 'backend_refused', retryable: false });
    expect(String(error)).toContain('no-such-model');
  });
}
