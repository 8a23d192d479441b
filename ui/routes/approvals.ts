/** What waits for a person, and what the person decides. */
import type { App, Door } from '../door.ts';
import { approvalBody, idPath, noQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerApprovals(app: App, { supervisor }: Door): void {
  app.route({
    ...route('GET /approvals'),
    schema: { querystring: noQuery },
    handler: async () => ({ approvals: supervisor.approvals() }),
  });

  app.route({
    ...route('POST /approvals/:id'),
    schema: { params: idPath, querystring: noQuery, body: approvalBody },
    handler: async (request) => supervisor.decideApproval(request.params.id, request.body),
  });
}
