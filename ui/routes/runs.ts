/** Looking at a run, waiting for its end, stopping it. */
import type { FastifyReply } from 'fastify';
import type { RunView } from '../../supervisor/service.ts';
import type { App, Door } from '../door.ts';
import { idPath, labelBody, noBody, noQuery, runQuery } from '../schemas.ts';
import { route } from './table.ts';

export function registerRuns(app: App, door: Door): void {
  const { supervisor } = door;

  app.route({
    ...route('GET /runs/:id'),
    schema: { params: idPath, querystring: runQuery },
    handler: async (request, reply) => {
      const { wait } = request.query;
      if (wait === undefined) return supervisor.run(request.params.id);
      return waitForRun(door, reply, request.params.id, wait * 1000);
    },
  });

  app.route({
    ...route('POST /runs/:id/stop'),
    schema: { params: idPath, querystring: noQuery, body: noBody },
    handler: async (request) => supervisor.stopRun(request.params.id),
  });

  app.route({
    ...route('POST /runs/:id/label'),
    schema: { params: idPath, querystring: noQuery, body: labelBody },
    handler: async ({ params, body: { label, note } }) =>
      supervisor.labelRun(params.id, { label, ...(note !== undefined && { note }) }),
  });
}

/** The run at its end, or as it is after `milliseconds`, or when the gateway closes. @throws InterjectError unknown_run */
export async function waitForRun(door: Door, reply: FastifyReply, id: string, milliseconds: number): Promise<RunView> {
  const signal = door.waits.follow(reply);
  try {
    return await door.supervisor.waitForRun(id, milliseconds, signal);
  } catch (error) {
    if (signal.aborted) return door.supervisor.run(id);
    throw error;
  }
}
