/** Callers of `/v1` that come and go: whatever they do, they leave no run, no slot and no stream behind. */
import { connect } from 'node:net';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { reviewer } from '../supervisor/reviews/reviewing.ts';
import { type ServedStack, serveStack } from './served-stack.ts';

const LONG = `say: ${'word '.repeat(2000)}`;
const NEVER = reviewer('await new Promise(() => {});');
const PAUSES = `{ name: 'pauses', onMessage: () => ({ action: 'pause', reason: 'look' }) }`;

function requestText({ door: { url, token } }: ServedStack['client'], content: string, stream = true): string {
  const body = JSON.stringify({ model: 'assistant', stream, messages: [{ role: 'user', content }] });
  return [
    'POST /v1/chat/completions HTTP/1.1',
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Sends it all at once over one connection. */
function send({ client }: ServedStack, ...requests: string[]) {
  const socket = connect(Number(new URL(client.door.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(requests.join(''));
  return socket;
}

/** No run, and no slot. */
async function nothingIsLeft(served: ServedStack): Promise<void> {
  const { stack } = served;
  const { runs, asks } = stack.engine.bench;
  await stack.until(() => runs.all().length === 0 && asks.working.length === 0);
  expect(stack.engine.bench.store.runs.open()).toEqual([]);
  expect(runs.slotsUsed().size).toBe(0);
}

describe.each([true, false])('streamed: %s', (stream) => {
  test.each<[string, string[], (served: ServedStack) => boolean]>([
    ['before its run began', [], () => true],
    ['while the model writes', [], ({ stack }) => stack.calls().length > 0],
    ['while its answer is reviewed', [NEVER], ({ stack }) => isAny(stack, 'reviewing')],
    ['while it waits for a person', [PAUSES], ({ stack }) => isAny(stack, 'paused')],
  ])('who hangs up %s', async (_, policies, isMoment) => {
    const served = await serveStack({ policies, limits: { streams: 1 } });
    const content = policies.length === 0 ? LONG : 'say: hi';
    const socket = send(served, requestText(served.client, content, stream));
    await served.stack.until(() => isMoment(served));
    socket.destroy();
    await nothingIsLeft(served);
    // There is room for a stream again.
    const next = send(served, requestText(served.client, content, true));
    await served.stack.until(() => served.stack.engine.bench.runs.all().length === 1);
    next.destroy();
    await nothingIsLeft(served);
    expect(served.logged).toEqual([]);
  });
});

test('who asks twice on one connection, and hangs up, has both runs stopped', async () => {
  const served = await serveStack({ policies: [] });
  const { stack } = served;
  const socket = send(served, requestText(served.client, `${LONG} a`), requestText(served.client, `${LONG} b`));
  await stack.until(() => stack.calls().length === 2);
  socket.destroy();
  await stack.until(() => stack.calls().every(({ outcome }) => outcome === 'cancelled'));
  await nothingIsLeft(served);
});

test('fifty streams at once, of which every other one hangs up', async () => {
  const served = await serveStack({ policies: [] });
  const sockets = Array.from({ length: 50 }, (_, index) =>
    send(served, requestText(served.client, index % 2 === 0 ? LONG : 'say: hello')),
  );
  const texts = sockets.map((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return () => text;
  });
  await served.stack.until(() => served.stack.engine.bench.store.runs.open().length >= 25);
  for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.destroy();
  await served.stack.until(() => texts.every((text, index) => index % 2 === 0 || text().includes('[DONE]')));
  await nothingIsLeft(served);
  for (const socket of sockets) socket.destroy();
});

function isAny({ engine }: ServedStack['stack'], wanted: string): boolean {
  return engine.bench.runs.all().some(({ phase }) => phase === wanted);
}

test('a stream that the stack cannot send to its end says so: half of an answer is not all of it', async () => {
  const served = await serveStack({ policies: [] });
  const { url, token } = served.client.door;
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: LONG }];
  const stream = await openai.chat.completions.create({ model: 'assistant', stream: true, messages });
  let text = '';
  const reading = (async () => {
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  })();
  const failure = expect(reading).rejects.toMatchObject({ code: 'stopping', type: 'server_error' });
  await served.stack.until(() => text.length > 20);
  await served.close();
  await failure;
});
