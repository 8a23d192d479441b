/** Several agents on one task: begin, look, wait, stop. */
import type { App, Door } from '../door.ts';
import { idPath, noBody, noQuery, runQuery, swarmBody } from '../schemas.ts';
import { route } from './table.ts';

export function registerSwarms(app: App, { supervisor, waits }: Door): void {
  const { swarms } = supervisor;

  app.route({
    ...route('POST /swarms'),
    schema: { querystring: noQuery, body: swarmBody },
    handler: async (request, reply) => {
      const { key, ...body } = request.body;
      const view = await swarms.start(body, key);
      return reply.code(202).header('location', `/swarms/${view.swarm}`).send(view);
    },
  });

  app.route({
    ...route('GET /swarms'),
    schema: { querystring: noQuery },
    handler: async () => ({ swarms: swarms.list() }),
  });

  app.route({
    ...route('GET /swarms/:id'),
    schema: { params: idPath, querystring: runQuery },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { wait } = request.query;
      if (wait === undefined) return swarms.view(id);
      const signal = waits.follow(reply);
      return swarms.wait(id, wait * 1000, signal);
    },
  });

  app.route({
    ...route('POST /swarms/:id/stop'),
    schema: { params: idPath, querystring: noQuery, body: noBody },
    handler: async (request) => swarms.stop(request.params.id),
  });
}
