/** The gateway over a stack in one process: for what no command can bring about, such as small limits and a full inbox. */
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createGateway, type GatewayOptions } from '../../ui/gateway.ts';
import { type RunningStack, type StackOptions, startStack } from '../supervisor/running-stack.ts';
import { StackClient } from './stack-client.ts';

const TOKEN = 'token-of-this-test';
/** Milliseconds to the first token, and tokens a second: an answer can be caught while it is being said. */
const WATCHABLE = { ttftMs: 1, tokensPerSecond: 1000 };

export interface ServedStack {
  stack: RunningStack;
  client: StackClient;
  /** What the gateway logged. */
  logged: string[];
  /** Closes the gateway; the stack goes on until the test ends. */
  close(): Promise<void>;
}

type Options = Pick<GatewayOptions, 'limits' | 'page'> &
  Pick<StackOptions, 'policies' | 'agents' | 'simulator' | 'backend'>;

/** A gateway on a free port; it and all behind it end with the test. */
export async function serveStack({ limits, page, ...options }: Options = {}): Promise<ServedStack> {
  const stack = await startStack({ simulator: WATCHABLE, ...options });
  const logged: string[] = [];
  const log = { error: (_fields: object, message: string) => logged.push(message) };
  const settings = { token: TOKEN, host: '127.0.0.1', allowedHosts: [] };
  const gateway = await createGateway({
    ...{ supervisor: stack.supervisor, settings, log },
    ...(limits !== undefined && { limits }),
    ...(page !== undefined && { page }),
  });
  const close = (): Promise<void> => gateway.close();
  onTestFinished(close);
  await gateway.listen({ host: '127.0.0.1', port: 0 });
  const { port } = gateway.server.address() as AddressInfo;
  return { stack, client: new StackClient({ url: `http://127.0.0.1:${port}`, token: TOKEN }), logged, close };
}
