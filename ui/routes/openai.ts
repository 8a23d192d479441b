/**
 * The door for programs that speak OpenAI's language: every agent is a model. The caller holds the conversation, and the run belongs to
 * its connection: who hangs up stops it.
 */
import type { FastifyReply } from 'fastify';
import { InterjectError } from '../../supervisor/errors.ts';
import type { AcceptedCompletion, IncomingCompletion } from '../../supervisor/service.ts';
import { onceGone } from '../departure.ts';
import type { App, Door } from '../door.ts';
import { AnswerFold } from '../openai/answer-fold.ts';
import { StreamedReply, WholeReply } from '../openai/replies.ts';
import { completionBody, readCompletion } from '../openai/request.ts';
import { noQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerOpenAi(app: App, door: Door): void {
  app.route({
    ...route('GET /v1/models'),
    schema: { querystring: noQuery },
    handler: async () => ({ object: 'list', data: door.supervisor.agents().map(({ id }) => modelOf(id)) }),
  });

  app.route({
    ...route('POST /v1/chat/completions'),
    schema: { querystring: noQuery, body: completionBody },
    handler: async (request, reply) => {
      const { stream, stream_options: options } = request.body;
      const completion = readCompletion(request.body);
      if (!stream) return whole(door, reply, completion);
      return streamed(door, reply, completion, options?.include_usage === true);
    },
  });
}

function modelOf(id: string) {
  return { id, object: 'model', created: 0, owned_by: 'interject' };
}

/** Begins a run that ends with its connection. */
async function begin(
  { supervisor }: Door,
  reply: FastifyReply,
  completion: IncomingCompletion,
): Promise<AcceptedCompletion> {
  let hangUp: () => void = () => {};
  const isGone = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  onceGone(reply, hangUp);
  const accepted = await supervisor.complete(completion);
  // A run that has ended stays as it is.
  isGone.then(() => supervisor.stopRun(accepted.run, 'the caller hung up')).catch(() => undefined);
  return accepted;
}

async function whole(door: Door, reply: FastifyReply, completion: IncomingCompletion): Promise<object> {
  const signal = door.waits.follow(reply);
  const accepted = await begin(door, reply, completion);
  const fold = new AnswerFold(false, completion.format !== undefined);
  const answer = new WholeReply(accepted);
  for await (const batch of door.supervisor.events({ run: accepted.run }, accepted.firstSeq - 1, signal)) {
    for (const piece of batch.flatMap((event) => fold.read(event))) {
      const reason = answer.take(piece);
      if (reason !== undefined) return answer.body(reason, fold, door.supervisor.run(accepted.run));
    }
  }
  throw new InterjectError('stopping');
}

function streamed(
  door: Door,
  reply: FastifyReply,
  completion: IncomingCompletion,
  wantsUsage: boolean,
): Promise<FastifyReply> {
  return door.streams.open(reply, async (signal) => {
    const accepted = await begin(door, reply, completion);
    const fold = new AnswerFold(accepted.isSeamless, completion.format !== undefined);
    const usage = (): ReturnType<Door['supervisor']['run']> => door.supervisor.run(accepted.run);
    const frames = new StreamedReply(accepted, fold, wantsUsage ? usage : undefined);
    return {
      batches: door.supervisor.events({ run: accepted.run }, accepted.firstSeq - 1, signal),
      opening: frames.opening(),
      encode: (event) => frames.frames(fold.read(event)),
      isLast: () => fold.hasEnded,
      farewell: frames.farewell(),
    };
  });
}
