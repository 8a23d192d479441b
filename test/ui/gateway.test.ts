/** The table of routes is what is served. */
import { expect, test } from 'vitest';
import type { Supervisor } from '../../supervisor/service.ts';
import { createGateway } from '../../ui/gateway.ts';
import { ROUTES } from '../../ui/routes/table.ts';

/** `METHOD /path` of every line of fastify's tree, in which a level is four characters deep. */
function served(tree: string): string[] {
  const parents: string[] = [];
  return tree
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [, drawing = '', part = '', methods] = /^(.*?── )(\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      const level = drawing.length / 4 - 1;
      parents.length = level;
      const path = parents.join('') + part;
      parents[level] = part;
      return methods?.split(', ').map((method) => `${method} ${path}`) ?? [];
    });
}

test('fastify serves exactly the routes of the table', async () => {
  // No request is made, so nobody is asked.
  const supervisor = {} as Supervisor;
  const settings = { token: 'x', host: '127.0.0.1', allowedHosts: [] };
  const log = { error: () => undefined };
  const gateway = await createGateway({ supervisor, settings, log, page: Promise.resolve(new Map()) });
  const table = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(served(gateway.printRoutes({ commonPrefix: false })).sort()).toEqual(table.sort());
  await gateway.close();
});

test('a gateway without a token is not started', async () => {
  const settings = { token: '', host: '127.0.0.1', allowedHosts: [] };
  const log = { error: () => undefined };
  const starting = createGateway({ supervisor: {} as Supervisor, settings, log, page: Promise.resolve(new Map()) });
  await expect(starting).rejects.toThrow(/token/);
});
