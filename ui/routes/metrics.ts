/** What Prometheus scrapes. */
import type { App, Door } from '../door.ts';
import { noQuery } from '../schemas.ts';
import { route } from './table.ts';

/** Prometheus' text format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function registerMetrics(app: App, { supervisor }: Door): void {
  app.route({
    ...route('GET /metrics'),
    schema: { querystring: noQuery },
    handler: async (_request, reply) => reply.type(CONTENT_TYPE).send(await supervisor.metrics()),
  });
}
