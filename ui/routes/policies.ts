/** Looking at the policies in force, and lifting the quarantine of one. */
import type { App, Door } from '../door.ts';
import { noBody, noQuery, policyPath } from '../schemas.ts';
import { route } from './table.ts';

export function registerPolicies(app: App, { supervisor }: Door): void {
  app.route({
    ...route('GET /policies'),
    schema: { querystring: noQuery },
    handler: async () => ({ policies: supervisor.policies() }),
  });

  app.route({
    ...route('POST /policies/:name/release'),
    schema: { params: policyPath, querystring: noQuery, body: noBody },
    handler: async (request) => supervisor.releasePolicy(request.params.name),
  });
}
