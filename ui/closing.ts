/**
 * Closing the gateway: streams and waits end at once, replies under way are finished, then their connections end. Nothing a client does or
 * leaves undone holds it up for longer than `closeMs`.
 */
import type { Socket } from 'node:net';
import { InterjectError } from '../supervisor/errors.ts';
import type { App, Door } from './door.ts';

/** Makes `app.close()` prompt; to be registered before the other hooks. */
export function registerClosing(app: App, door: Pick<Door, 'streams' | 'waits' | 'limits'>): void {
  // Browsers open connections ahead of need; node does not count those as idle.
  const silent = new Set<Socket>();
  let closing = false;

  app.server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.addHook('onRequest', (request, _reply, done) => {
    silent.delete(request.raw.socket);
    done(closing ? new InterjectError('stopping') : undefined);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (closing) request.raw.socket.end();
    done();
  });
  app.addHook('preClose', (done) => {
    closing = true;
    door.streams.close();
    door.waits.close();
    for (const socket of silent) socket.destroy();
    const cutOff = setTimeout(() => app.server.closeAllConnections(), door.limits.closeMs).unref();
    app.server.once('close', () => clearTimeout(cutOff));
    done();
  });
}
