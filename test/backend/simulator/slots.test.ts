/** Slots, the queue before them, and clients that go away. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../../agent/backend/simulator/settings.ts';
import { type Slot, SlotPool } from '../../../agent/backend/simulator/slots.ts';
import { asking, backendAt, collect, never } from '../collect.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions): Promise<void> {
  simulator = await startSimulator({ ttftMs: 0, ...options });
}

/** A chat request by hand: the answer is the test's to read or to leave. */
function post(content: string, stream = true): { request: ClientRequest; response: Promise<IncomingMessage> } {
  const request = httpRequest(`${simulator.url}/v1/chat/completions`, { method: 'POST', agent: false });
  const response = new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
  request.on('error', () => {});
  request.end(JSON.stringify({ messages: [{ role: 'user', content }], stream }));
  return { request, response };
}

/** Waits, turn by turn of the event loop, until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const outcomes = () => simulator.requests().map(({ outcome }) => outcome);

async function slotsBusy(): Promise<number> {
  const slots = (await (await fetch(`${simulator.url}/slots`)).json()) as { is_processing: boolean }[];
  return slots.filter(({ is_processing }) => is_processing).length;
}

describe('over HTTP', () => {
  test('a request beyond the slots waits without headers and is served in its turn', async () => {
    await start({ slots: 1, tokensPerSecond: 20 });
    const first = post(`say: ${'word '.repeat(1000)}`);
    (await first.response).resume();
    const second = post('say: five six');
    let answered = false;
    const response = second.response.then((reply) => {
      answered = true;
      return reply.resume();
    });
    await until(() => outcomes().includes('queued'));
    expect(await slotsBusy()).toBe(1);
    const metrics = await (await fetch(`${simulator.url}/metrics`)).text();
    expect(metrics).toContain('\nllamacpp:requests_deferred 1\n');
    expect(answered).toBe(false);
    first.request.destroy();
    await once(await response, 'end');
    expect(outcomes()).toEqual(['cancelled', 'completed']);
    const [one, two] = simulator.requests();
    expect(two?.firstTokenAt).toBeGreaterThanOrEqual(one?.endedAt ?? Number.POSITIVE_INFINITY);
  });

  test('as many streams as slots run side by side', async () => {
    await start({ slots: 3, tokensPerSecond: 1 });
    const streams = ['a', 'b', 'c'].map((word) => post(`say: ${`${word} `.repeat(1000)}`));
    await Promise.all(streams.map(async ({ response }) => once(await response, 'data')));
    expect(outcomes()).toEqual(['running', 'running', 'running']);
    expect(await slotsBusy()).toBe(3);
    for (const { request } of streams) request.destroy();
  });

  test('a client that goes away ends its stream at once and frees the slot for who waits', async () => {
    await start({ slots: 1, tokensPerSecond: 10 });
    const first = post(`say: ${'word '.repeat(1000)}`);
    await once(await first.response, 'data');
    const second = collect(backendAt(simulator.url).stream(asking('say: at last', { maxTokens: 2 }), never()));
    await until(() => outcomes().includes('queued'));
    first.request.destroy();
    expect((await second).error).toBeUndefined();
    expect(outcomes()).toEqual(['cancelled', 'completed']);
    const [cancelled] = simulator.requests();
    expect(cancelled?.tokensSent).toBeGreaterThan(0);
    expect(cancelled?.tokensSent).toBeLessThan(1000);
    expect(await slotsBusy()).toBe(0);
  });

  test('a client that goes away while its prompt is read ends its request, too', async () => {
    await start({ slots: 1, ttftMs: 60_000 });
    const only = post('say: never');
    await only.response;
    only.request.destroy();
    await until(() => outcomes()[0] === 'cancelled');
    expect(simulator.requests()[0]).toMatchObject({ firstTokenAt: null, tokensSent: 0 });
  });

  test('as in the real server, a queued request whose client has gone keeps its place while others stream', async () => {
    await start({ slots: 1, tokensPerSecond: 50 });
    const first = post(`say: ${'word '.repeat(50)}`);
    (await first.response).resume();
    const gone = post('say: nobody reads this');
    await until(() => outcomes().length === 2);
    const last = post('say: third');
    await until(() => outcomes().length === 3);
    gone.request.destroy();
    await once((await last.response).resume(), 'end');
    expect(outcomes()).toEqual(['completed', 'cancelled', 'completed']);
    const [one, two] = simulator.requests();
    expect(two?.tokensSent).toBe(0);
    expect(two?.endedAt).toBeGreaterThanOrEqual(one?.endedAt ?? Number.POSITIVE_INFINITY);
  });

  test('as in the real server, an unstreamed request whose client has gone runs on until nothing else streams', async () => {
    await start({ slots: 2, tokensPerSecond: 100 });
    const whole = post(`say: ${'word '.repeat(2000)}`, false);
    await until(() => outcomes()[0] === 'running');
    whole.request.destroy();
    await once((await post(`say: ${'word '.repeat(20)}`).response).resume(), 'end');
    expect(outcomes()).toEqual(['running', 'completed']);
    await until(() => outcomes()[0] === 'cancelled');
    expect(await slotsBusy()).toBe(0);
  });

  test('more slots, set while it runs, serve who waits', async () => {
    await start({ slots: 1, tokensPerSecond: 20 });
    const first = post(`say: ${'word '.repeat(1000)}`);
    (await first.response).resume();
    const second = post('say: a b');
    await until(() => outcomes().includes('queued'));
    simulator.change({ slots: 2 });
    await once((await second.response).resume(), 'end');
    expect(outcomes()).toEqual(['running', 'completed']);
    simulator.change({ slots: 1 });
    expect(await (await fetch(`${simulator.url}/slots`)).json()).toHaveLength(1);
    first.request.destroy();
  });

  test('closing ends everything, and again is no harm', async () => {
    await start({ slots: 1, ttftMs: 60_000 });
    const open = [post('say: a'), post('say: b')].map(({ request }) => once(request, 'close'));
    await until(() => outcomes().length === 2);
    await Promise.all([simulator.close(), simulator.close()]);
    await Promise.all(open);
    expect(outcomes()).toEqual(['cancelled', 'cancelled']);
  });
});

describe('the pool', () => {
  const take = (pool: SlotPool, prompt: string[]): Promise<Slot> =>
    new Promise((resolve) => pool.acquire(prompt, resolve));

  test('gives the free slot that has most of the prompt', async () => {
    const pool = new SlotPool(3);
    const slots = [await take(pool, ['a']), await take(pool, ['b']), await take(pool, ['c'])];
    pool.release(slots[0] as Slot, ['a', 'x']);
    pool.release(slots[1] as Slot, ['b', 'x', 'y']);
    pool.release(slots[2] as Slot, ['b', 'x']);
    expect((await take(pool, ['b', 'x', 'y', 'z'])).id).toBe(1);
    expect((await take(pool, ['b', 'x', 'y', 'z'])).id).toBe(2);
  });

  test('first come, first served; who leaves the queue is not served', async () => {
    const pool = new SlotPool(1);
    const served: string[] = [];
    const slot = await take(pool, []);
    const leave = pool.acquire([], () => served.push('left'));
    pool.acquire([], () => served.push('first'));
    pool.acquire([], () => served.push('second'));
    leave();
    expect(pool.waiting).toBe(2);
    pool.release(slot, []);
    expect(served).toEqual(['first']);
    pool.release(slot, []);
    expect(served).toEqual(['first', 'second']);
    expect(pool.busy).toBe(1);
  });

  test('a busy slot beyond a smaller size goes when it is idle', async () => {
    const pool = new SlotPool(2);
    const [first, second] = [await take(pool, []), await take(pool, [])];
    pool.resize(1);
    expect(pool.slots).toHaveLength(2);
    pool.release(first, []);
    expect(pool.slots).toHaveLength(2);
    pool.release(second, []);
    expect(pool.slots.map(({ id }) => id)).toEqual([0]);
  });
});
