/** The page and what it loads. Nothing of it is secret, so that it can ask for the token. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, Door } from '../door.ts';
import { type RouteKey, route } from './table.ts';

const ASSETS: readonly RouteKey[] = ['GET /', 'GET /page.js', 'GET /page.css', 'GET /icon.svg'];

export function registerPage(app: App, { page }: Door): void {
  for (const key of ASSETS) {
    const entry = route(key);
    app.route({
      ...entry,
      handler: async (request: FastifyRequest, reply: FastifyReply) => {
        const asset = (await page).get(entry.url);
        if (asset === undefined) throw new Error(`the page was built without ${entry.url}`);
        reply.headers({ etag: asset.etag, 'cache-control': 'no-cache', 'content-type': asset.contentType });
        if (request.headers['if-none-match']?.includes(asset.etag)) return reply.code(304).send();
        return reply.send(asset.body);
      },
    });
  }
}
