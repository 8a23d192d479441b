/** Talking to an agent: send, read, stop, correct. */
import type { FastifyReply } from 'fastify';
import type { AcceptedMessage } from '../../supervisor/service.ts';
import type { App, Door } from '../door.ts';
import { agentPath, chatQuery, interjectBody, messageBody, noQuery, stopBody } from '../schemas.ts';
import { waitForRun } from './runs.ts';
import { route } from './table.ts';

export function registerChat(app: App, door: Door): void {
  const { supervisor } = door;

  app.route({
    ...route('POST /chat/:agent'),
    schema: { params: agentPath, querystring: noQuery, body: messageBody },
    handler: async (request, reply) => {
      const accept = () => supervisor.accept({ ...request.body, agent: request.params.agent });
      if (request.headers.accept?.includes('text/event-stream')) return streamRun(door, reply, accept);
      return answer(door, reply, await accept());
    },
  });

  app.route({
    ...route('GET /chat/:agent/history'),
    schema: { params: agentPath, querystring: chatQuery },
    handler: async (request) => supervisor.history(request.params.agent, request.query.chat),
  });

  app.route({
    ...route('GET /chat/:agent/chats'),
    schema: { params: agentPath, querystring: noQuery },
    handler: async (request) => ({ agent: request.params.agent, chats: supervisor.chats(request.params.agent) }),
  });

  app.route({
    ...route('POST /chat/:agent/stop'),
    schema: { params: agentPath, querystring: noQuery, body: stopBody },
    handler: async (request) => supervisor.stopChat(request.params.agent, request.body?.chat),
  });

  app.route({
    ...route('POST /chat/:agent/interject'),
    schema: { params: agentPath, querystring: noQuery, body: interjectBody },
    handler: async (request) => supervisor.interject(request.params.agent, request.body.chat, request.body.content),
  });
}

/** The answer when it comes in time, else where to ask for it. */
async function answer(door: Door, reply: FastifyReply, accepted: AcceptedMessage): Promise<FastifyReply> {
  const view = await waitForRun(door, reply, accepted.run, door.limits.waitMs);
  const ended = view.status !== 'queued' && view.status !== 'running';
  return reply
    .code(ended ? 200 : 202)
    .header('location', runPath(accepted.run))
    .send(view);
}

/** There is room for the stream before the message is accepted: a refused message must leave nothing behind. */
function streamRun(door: Door, reply: FastifyReply, accept: () => Promise<AcceptedMessage>): Promise<FastifyReply> {
  let run: string | undefined;
  return door.streams.open(reply, async (signal) => {
    const accepted = await accept();
    run = accepted.run;
    reply.header('location', runPath(run));
    return {
      batches: door.supervisor.events({ run }, accepted.firstSeq - 1, signal),
      isLast: (event) => event.type === 'run-end' && event.run === run,
    };
  });
}

function runPath(run: string): string {
  return `/runs/${encodeURIComponent(run)}`;
}
