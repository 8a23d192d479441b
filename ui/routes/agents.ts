/** What the stack consists of, and restarting an agent's process. */
import type { App, Door } from '../door.ts';
import { idPath, noBody, noQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerAgents(app: App, { supervisor }: Door): void {
  app.route({
    ...route('GET /agents'),
    schema: { querystring: noQuery },
    handler: async () => ({
      agents: supervisor.agents(),
      backends: supervisor.backends(),
      policies: supervisor.policies(),
    }),
  });

  app.route({
    ...route('POST /agents/:id/restart'),
    schema: { params: idPath, querystring: noQuery, body: noBody },
    handler: async (request, reply) => {
      await supervisor.restartAgent(request.params.id);
      return reply.code(202).send({ agent: request.params.id });
    },
  });
}
