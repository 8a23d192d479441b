/** The local transport with both of its ends: finding each other, losing each other, meeting again. */
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { FromAgent } from '../../agent/bus/messages.ts';
import { type AgentEnd, callSupervisor, listenForAgents, type SupervisorEnd } from '../../agent/bus/transport.ts';
import { collect, socketPath } from './socket-pair.ts';

const HELLO: FromAgent = { type: 'hello', agent: 'assistant', incarnation: 'a1', turns: [] };

/** Calls until the test ends; hands out the connections as they come. */
function caller(path: string): { connected: (count: number) => Promise<AgentEnd[]>; stop: () => void } {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const connections: AgentEnd[] = [];
  let told = (): void => {};
  callSupervisor(path, stopping.signal, (connection) => {
    connections.push(connection);
    told();
  });
  const untilTold = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
    });
  const connected = async (count: number): Promise<AgentEnd[]> => {
    while (connections.length < count) await untilTold();
    return connections;
  };
  return { connected, stop: () => stopping.abort() };
}

async function listener(path: string, onConnected: (connection: SupervisorEnd) => void) {
  const listening = await listenForAgents(path, onConnected);
  onTestFinished(() => listening.close());
  return listening;
}

test('an agent that calls before anybody listens is connected once somebody does', async () => {
  const path = socketPath();
  const agent = caller(path);
  const hellos = collect<unknown>(1, async (heard) => {
    await listener(path, (connection) => connection.onMessage(heard));
  });
  const [connection] = await agent.connected(1);
  connection?.send(HELLO);
  expect(await hellos).toEqual([HELLO]);
});

test('it calls again when the connection is lost, and stops calling when it is to stop', async () => {
  const path = socketPath();
  const ends: SupervisorEnd[] = [];
  await listener(path, (connection) => ends.push(connection));
  const agent = caller(path);
  await agent.connected(1);
  ends[0]?.close();
  await agent.connected(2);
  expect(ends).toHaveLength(2);
  const lost = new Promise((resolve) => ends[1]?.onClose(resolve));
  agent.stop();
  await lost;
});

test('a socket file that a killed supervisor left is replaced; closing removes it', async () => {
  const path = socketPath();
  writeFileSync(path, 'left over');
  const first = await listenForAgents(path, () => {});
  const agent = caller(path);
  await agent.connected(1);
  await first.close();
  expect(existsSync(path)).toBe(false);
  await listener(path, () => {});
  expect(await agent.connected(2)).toHaveLength(2);
});

test('a path that cannot be listened on is an error', async () => {
  await expect(listenForAgents('/nowhere/at/all.sock', () => {})).rejects.toThrow('/nowhere/at/all.sock');
});

test('rubbish drops only the connection that it came on', async () => {
  const path = socketPath();
  const heard: string[] = [];
  const told = collect<string>(2, async (listen) => {
    await listener(path, (connection) => {
      connection.onMessage(({ type }) => {
        heard.push(type);
        listen(type);
      });
    });
  });
  const agent = caller(path);
  const [connection] = await agent.connected(1);
  connection?.send(HELLO);
  const vandal = connect(path);
  vandal.on('error', () => {});
  const dropped = new Promise((resolve) => vandal.once('close', resolve));
  vandal.write('{"type":"turn-ended","end":{}}\n{"type":"hello"}\n');
  vandal.resume();
  await dropped;
  connection?.send({ type: 'delta', turn: 't', channel: 'text', offset: 0, text: 'x' });
  await told;
  expect(heard).toEqual(['hello', 'delta']);
  expect(await agent.connected(1)).toHaveLength(1);
});
