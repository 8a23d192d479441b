/** Probes. They need no token: a probe has none. */
import type { App, Door } from '../door.ts';
import { route } from './table.ts';

export function registerHealth(app: App, { supervisor }: Door): void {
  app.route({ ...route('GET /healthz'), handler: async () => ({ status: 'ok' }) });

  app.route({
    ...route('GET /readyz'),
    handler: async (_request, reply) => {
      const { ready, reasons } = supervisor.readiness();
      return reply.code(ready ? 200 : 503).send({ ready, reasons });
    },
  });
}
