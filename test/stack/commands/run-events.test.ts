/** The events of one run for the chat, where a real stack seldom goes: against a small server that answers as a gateway would. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type RunEvent, runEvents } from '../../../stack/commands/chat/run-events.ts';
import { StackAccess } from '../../../stack/commands/chat/stack-access.ts';
import { writePidFile } from '../../../stack/pid-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

type Reply = { status: number } | { events: object[] } | { json: object };

/** Gives these replies one after the other; each event stream ends after its events. */
async function stackThatAnswers(replies: Reply[]): Promise<{ stack: StackAccess; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const reply = replies.shift() ?? { status: 404 };
    const json = { 'content-type': 'application/json' };
    if ('status' in reply) response.writeHead(reply.status, json).end('{"error": {"code": "any", "message": "no"}}');
    else if ('json' in reply) response.writeHead(200, json).end(JSON.stringify(reply.json));
    else {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(reply.events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const folder = temporaryFolder();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writePidFile(join(folder, 'agent_pids.json'), { started_at: '', url, processes: [] });
  return { stack: new StackAccess(folder, undefined), asked };
}

async function eventsOf(stack: StackAccess): Promise<RunEvent[]> {
  const message = { agent: 'assistant', chat: 'main', content: 'hello' };
  const pauses = { retryMs: 1, giveUpMs: 10_000 };
  const events: RunEvent[] = [];
  for await (const event of runEvents(stack, message, new AbortController().signal, pauses)) events.push(event);
  return events;
}

const BEGINNING = { events: [{ type: 'message-received', seq: 10, run: 'r', content: 'hello' }] };

it('a stack that was put back to an older state tells what became of the run', async () => {
  const { stack, asked } = await stackThatAnswers([
    BEGINNING,
    { events: [{ type: 'resync', seq: 5 }] },
    { json: { status: 'answered', content: 'hi' } },
  ]);
  expect((await eventsOf(stack)).slice(1)).toMatchObject([
    { type: 'turn-end', text: 'hi' },
    { type: 'run-end', status: 'answered' },
  ]);
  expect(asked).toEqual(['POST /chat/assistant', 'GET /events?run=r&after=10', 'GET /runs/r']);
});

it('what was seen is not told again', async () => {
  const end = { type: 'run-end', seq: 11, run: 'r', status: 'answered' };
  const { stack } = await stackThatAnswers([BEGINNING, { events: [...BEGINNING.events, end] }]);
  expect((await eventsOf(stack)).map(({ seq }) => seq)).toEqual([10, 11]);
});

it('a message that is refused is not sent again', async () => {
  const { stack, asked } = await stackThatAnswers([{ status: 429 }]);
  await expect(eventsOf(stack)).rejects.toMatchObject({ status: 429 });
  expect(asked).toHaveLength(1);
});

it('a run that was accepted is read on, however many readers there are just now', async () => {
  const end = { type: 'run-end', seq: 11, run: 'r', status: 'answered' };
  const { stack } = await stackThatAnswers([BEGINNING, { status: 503 }, { events: [end] }]);
  // Whether a stack runs is asked of its lock, which nobody holds here.
  stack.isRunning = () => true;
  expect(await eventsOf(stack)).toHaveLength(2);
  const busy = await stackThatAnswers([BEGINNING, { status: 429 }, { events: [end] }]);
  busy.stack.isRunning = () => true;
  expect(await eventsOf(busy.stack)).toHaveLength(2);
});
