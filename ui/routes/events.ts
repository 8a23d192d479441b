/** The event stream of the whole stack, or of a part of it. */
import type { IncomingHttpHeaders } from 'node:http';
import { InterjectError } from '../../supervisor/errors.ts';
import type { EventScope } from '../../supervisor/events.ts';
import type { App, Door } from '../door.ts';
import { cursor, eventsQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerEvents(app: App, door: Door): void {
  app.route({
    ...route('GET /events'),
    schema: { querystring: eventsQuery },
    handler: async (request, reply) => {
      const { after, ...scope } = request.query;
      const from = lastEventId(request.headers) ?? after;
      return door.streams.open(reply, (signal) => ({
        batches: door.supervisor.events(known(door, scope), from, signal),
      }));
    },
  });
}

/** What a browser sends when it comes back: newer than the `after` in its address. */
function lastEventId(headers: IncomingHttpHeaders): number | undefined {
  const sent = headers['last-event-id'];
  if (sent === undefined || sent === '') return undefined;
  const parsed = cursor.safeParse(sent);
  if (!parsed.success)
    throw new InterjectError('invalid_request', 'header.last-event-id: the id of an event is needed.');
  return parsed.data;
}

/**
 * A misspelt agent, run, swarm or benchmark is refused rather than being a stream that stays silent. A chat may come to be later.
 * @throws InterjectError unknown_agent, unknown_run, unknown_swarm, unknown_benchmark
 */
function known(door: Door, query: { [K in keyof EventScope]: string | undefined }): EventScope {
  const { agent, chat, run, swarm, benchmark } = query;
  if (run !== undefined) door.supervisor.run(run);
  if (swarm !== undefined) door.supervisor.swarms.view(swarm);
  if (benchmark !== undefined) door.supervisor.benchmarks.view(benchmark);
  if (agent !== undefined && !door.supervisor.agents().some(({ id }) => id === agent)) {
    throw new InterjectError('unknown_agent');
  }
  return {
    ...(agent !== undefined && { agent }),
    ...(chat !== undefined && { chat }),
    ...(run !== undefined && { run }),
    ...(swarm !== undefined && { swarm }),
    ...(benchmark !== undefined && { benchmark }),
  };
}
