/** How the page gets its cookie: EventSource cannot send an Authorization header. */
import { InterjectError } from '../../supervisor/errors.ts';
import type { App, Door } from '../door.ts';
import { noQuery, sessionBody } from '../schemas.ts';
import { route } from './table.ts';

export function registerSession(app: App, { credentials }: Door): void {
  app.route({
    ...route('POST /session'),
    schema: { querystring: noQuery, body: sessionBody },
    handler: async (request, reply) => {
      if (!credentials.isToken(request.body.token)) throw new InterjectError('token_required');
      return reply.code(204).header('set-cookie', credentials.setCookie()).send();
    },
  });
}
