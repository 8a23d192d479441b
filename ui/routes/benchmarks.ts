/** Benchmarks of the stack's model servers: begin, look, wait, stop. */
import type { App, Door } from '../door.ts';
import { benchmarkBody, idPath, noBody, noQuery, runQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerBenchmarks(app: App, { supervisor, waits }: Door): void {
  const { benchmarks } = supervisor;

  app.route({
    ...route('POST /benchmarks'),
    schema: { querystring: noQuery, body: benchmarkBody },
    handler: async (request, reply) => {
      const { key, ...body } = request.body;
      const view = await benchmarks.start(body, key);
      return reply.code(202).header('location', `/benchmarks/${view.benchmark}`).send(view);
    },
  });

  app.route({
    ...route('GET /benchmarks'),
    schema: { querystring: noQuery },
    handler: async () => ({ benchmarks: benchmarks.list() }),
  });

  app.route({
    ...route('GET /benchmarks/:id'),
    schema: { params: idPath, querystring: runQuery },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { wait } = request.query;
      if (wait === undefined) return benchmarks.view(id);
      return benchmarks.wait(id, wait * 1000, waits.follow(reply));
    },
  });

  app.route({
    ...route('POST /benchmarks/:id/stop'),
    schema: { params: idPath, querystring: noQuery, body: noBody },
    handler: async (request) => benchmarks.stop(request.params.id),
  });
}
