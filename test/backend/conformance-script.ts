/** The part of the conformance suite that needs a server which does what it is told. */
import { expect, test } from 'vitest';
import type { BackendErrorCode } from '../../agent/backend/errors.ts';
import { collect, deferred, never, textIn } from './collect.ts';
import { type Bench, expectWholeAnswer, type Failure, type Script } from './conformance-bench.ts';

/** Registers the tests. */
export function testScript(script: Script, bench: () => Bench): void {
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

  test('what waits in the queue of the server is not accepted yet, and begins when there is room', async () => {
    const { ask, backend } = bench();
    const holding = await holdSlots(script, bench());
    const log: string[] = [];
    const waiting = collect(ask(script.say('at last'), {}, never(), { onAccepted: () => void log.push('accepted') }));
    await backend.probe(never());
    log.push('room');
    await holding.release();
    const answer = await waiting;
    expectWholeAnswer(answer);
    expect(textIn(answer.parts)).toBe('at last');
    expect(log).toEqual(['room', 'accepted']);
  });

  test('an abort in the queue of the server closes the connection', async () => {
    const { ask, backend, tap } = bench();
    const holding = await holdSlots(script, bench());
    const before = tap.connections.length;
    const controller = new AbortController();
    const waiting = collect(ask(script.say('never'), {}, controller.signal));
    await backend.probe(never());
    controller.abort('enough');
    expect(await waiting).toEqual({ parts: [], error: 'enough' });
    await tap.connections[before]?.closedByClient;
    await holding.release();
  });
}

/** Keeps every slot of the server busy until `release`. */
async function holdSlots(script: Script, { ask, slots }: Bench): Promise<{ release(): Promise<void> }> {
  const controller = new AbortController();
  const readings: Promise<unknown>[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const begun = deferred<void>();
    const read = async () => {
      for await (const _ of ask(script.fail('hang', 'one two three four five'), {}, controller.signal)) begun.resolve();
    };
    readings.push(read().catch((error: unknown) => error));
    await begun.promise;
  }
  return {
    async release() {
      controller.abort('released');
      await Promise.all(readings);
    },
  };
}
