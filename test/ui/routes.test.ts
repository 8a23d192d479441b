/** The routes over a stack in memory. */
import type { AddressInfo } from 'node:net';
import { describe } from 'vitest';
import { createGateway } from '../../ui/gateway.ts';
import type { GatewayLimits } from '../../ui/limits.ts';
import { limitsSuite } from './limits.suite.ts';
import { MemorySupervisor } from './memory-supervisor.ts';
import { refusalsSuite } from './refusals.suite.ts';
import { routesSuite } from './routes.suite.ts';
import type { RunningStack } from './stack-client.ts';

async function start(limits: Partial<GatewayLimits> = {}): Promise<RunningStack> {
  const supervisor = new MemorySupervisor(1);
  const token = 'token-of-this-test';
  const log = { error: console.error };
  const settings = { token, host: '127.0.0.1', allowedHosts: [] };
  const gateway = await createGateway({ supervisor, settings, log, limits });
  await gateway.listen({ host: '127.0.0.1', port: 0 });
  const { port } = gateway.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await gateway.close();
    supervisor.close();
  };
  return { url: `http://127.0.0.1:${port}`, token, close };
}

describe('routes', () => routesSuite(start));
describe('refusals', () => refusalsSuite(start));
describe('limits', () => limitsSuite(start));
