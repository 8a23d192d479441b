/** Who is connected, over a real bus. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FromAgent } from '../../agent/bus/messages.ts';
import { type AgentEnd, callSupervisor, listenForAgents } from '../../agent/bus/transport.ts';
import { AgentLinks } from '../../supervisor/agent-links.ts';
import { temporaryFolder } from '../store/temporary-store.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Setting {
  links: AgentLinks;
  /** What the links told, oldest first. */
  told: unknown[][];
  /** Connects once, says hello and hands out the connection and its end. */
  connect(agent: string, incarnation: string): Promise<{ connection: AgentEnd; closed: Promise<unknown> }>;
  until(isTrue: () => boolean): Promise<void>;
}

async function start(): Promise<Setting> {
  const told: unknown[][] = [];
  const links = new AgentLinks(
    ['assistant', 'analyst'],
    {
      onHello: (...given) => told.push(['hello', ...given]),
      onMessage: (...given) => told.push(['message', ...given]),
      onExit: (...given) => told.push(['exit', ...given]),
    },
    SILENT,
  );
  const path = join(temporaryFolder(), 's.sock');
  const listener = await listenForAgents(path, (connection) => links.attach(connection));
  onTestFinished(() => listener.close());
  const connect: Setting['connect'] = (agent, incarnation) =>
    new Promise((resolve) => {
      const once = new AbortController();
      callSupervisor(path, once.signal, (connection) => {
        const closed = new Promise((over) => connection.onClose(over));
        closed.then(() => once.abort());
        connection.send({ type: 'hello', agent, incarnation, turns: [{ turn: 't' }] });
        resolve({ connection, closed });
      });
      onTestFinished(() => once.abort());
    });
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { links, told, connect, until };
}

const DELTA: FromAgent = { type: 'delta', turn: 't', channel: 'text', offset: 0, text: 'x' };
const exit = (incarnation: string, restarting: boolean) => ({ incarnation, reason: 'x', restarting, expected: false });

test('an agent is connected from its hello to the end of its connection', async () => {
  const { links, told, connect, until } = await start();
  expect(links.connected('assistant')).toBeUndefined();
  expect(links.state('assistant')).toEqual({ state: 'starting', restarts: 0 });
  const { connection } = await connect('assistant', 'a1');
  connection.send(DELTA);
  await until(() => told.length === 2);
  expect(told).toEqual([
    ['hello', 'assistant', 'a1', ['t']],
    ['message', 'assistant', DELTA],
  ]);
  expect(links.connected('assistant')).toBe('a1');
  expect(links.state('assistant').state).toBe('ready');
  connection.close();
  await until(() => links.connected('assistant') === undefined);
  links.send('assistant', { type: 'turn-cancel', turn: 't' });
});

test('a second connection of an agent replaces the first one', async () => {
  const { links, told, connect, until } = await start();
  const first = await connect('assistant', 'a1');
  await until(() => told.length === 1);
  const second = await connect('assistant', 'a2');
  await first.closed;
  expect(links.connected('assistant')).toBe('a2');
  const heard = new Promise((resolve) => second.connection.onMessage(resolve));
  links.send('assistant', { type: 'turn-cancel', turn: 't' });
  expect(await heard).toEqual({ type: 'turn-cancel', turn: 't' });
});

test('nobody knows the agent, or it does not say who it is: it is not heard', async () => {
  const { told, connect, until } = await start();
  const stranger = await connect('nobody', 'n1');
  stranger.connection.send(DELTA);
  await stranger.closed;
  const { connection } = await connect('analyst', 'b1');
  connection.send(DELTA);
  await until(() => told.length === 2);
  expect(told.map(([what, agent]) => [what, agent])).toEqual([
    ['hello', 'analyst'],
    ['message', 'analyst'],
  ]);
});

test('what init says of the processes shows in the state; news of an older process does not', async () => {
  const { links, told, connect, until } = await start();
  links.started('assistant', 'a1', 0);
  await connect('assistant', 'a1');
  await until(() => told.length === 1);
  links.exited('assistant', exit('a1', true));
  expect(links.state('assistant').state).toBe('restarting');
  expect(links.connected('assistant')).toBeUndefined();
  links.started('assistant', 'a2', 1);
  expect(links.state('assistant')).toEqual({ state: 'starting', restarts: 1 });
  await connect('assistant', 'a2');
  await until(() => links.connected('assistant') === 'a2');
  links.exited('assistant', exit('a1', true));
  expect([links.state('assistant').state, links.connected('assistant')]).toEqual(['ready', 'a2']);
  links.exited('assistant', exit('a2', false));
  expect(links.state('assistant').state).toBe('stopped');
  expect(told.filter(([what]) => what === 'exit')).toHaveLength(3);
  links.started('nobody', 'n1', 0);
  links.exited('nobody', exit('n1', false));
  expect(links.state('nobody')).toEqual({ state: 'stopped', restarts: 0 });
});
