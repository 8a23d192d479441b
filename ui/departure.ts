/** When a client is gone: its reply was sent to the end, or its connection was closed. */
import type { FastifyReply } from 'fastify';

/**
 * Calls `told` once. Looks at the connection too: of requests that came one after the other without waiting, node tells only the first
 * one's reply that the connection was closed.
 */
export function onceGone({ raw }: FastifyReply, told: () => void): void {
  const { socket } = raw.req;
  const over = (): void => {
    raw.off('close', over);
    socket.off('close', over);
    told();
  };
  raw.once('close', over);
  socket.once('close', over);
}
