/** An agent hears of a letter when that is committed, seen by agents that the test plays over the real bus. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FromAgent, ToAgent, TurnStart } from '../../../agent/bus/messages.ts';
import { callSupervisor } from '../../../agent/bus/transport.ts';
import { connectTo } from '../../store/temporary-store.ts';
import { type RunningStack, startWithoutAgents } from '../running-stack.ts';

interface PlayedAgent {
  /** The turns that it was to take. */
  turns(): TurnStart[];
  /** Answers a turn. */
  answer(turn: string, text: string): void;
}

async function play(stack: RunningStack, agent: string): Promise<PlayedAgent> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const heard: ToAgent[] = [];
  let send: (message: FromAgent) => void = () => {};
  callSupervisor(join(stack.folder, 's.sock'), stop.signal, (connection) => {
    connection.onMessage((message: ToAgent) => heard.push(message));
    send = (message) => connection.send(message);
    send({ type: 'hello', agent, incarnation: `${agent}-1`, turns: [] });
  });
  await stack.until(() => stack.engine.bench.links.connected(agent) !== undefined);
  const answer = (turn: string, text: string): void => {
    send({ type: 'delta', turn, channel: 'text', offset: 0, text });
    const end = {
      turn,
      outcome: 'finished',
      textLength: text.length,
      reasoningLength: 0,
      finishReason: 'stop',
    } as const;
    send({ type: 'turn-ended', end });
  };
  return { turns: () => heard.filter((message) => message.type === 'turn-start'), answer };
}

test('of one whose start could not be committed it hears nothing, and of the one that could be once', async () => {
  const agents = [{ name: 'planner', contacts: ['reviewer'] }, { name: 'reviewer' }];
  const stack = await startWithoutAgents({ agents });
  const [planner, reviewer] = [await play(stack, 'planner'), await play(stack, 'reviewer')];
  const run = await stack.say('go', { agent: 'planner' });
  await stack.until(() => planner.turns().length === 1);
  const database = connectTo(join(stack.folder, 'interject.db'));
  stack.engine.bench.recorder.flush();
  database.exec(`create table absent (id integer primary key);
    create table dangling (id integer references absent (id) deferrable initially deferred);
    create trigger broken after insert on event when new.type = 'turn-start' and new.agent = 'reviewer'
      begin insert into dangling values (7); end`);
  const told = stack.eventsUntil({}, ({ type }) => type === 'degraded');
  planner.answer(planner.turns()[0]?.turn ?? '', '@reviewer: Hello.');
  await told;
  expect(stack.supervisor.run(run).status).toBe('running');
  stack.engine.bench.recorder.flush();
  database.exec('drop trigger broken');
  await stack.until(() => planner.turns().length === 2);
  expect(reviewer.turns()).toEqual([]);
  planner.answer(planner.turns()[1]?.turn ?? '', '@reviewer: Hello.');
  await stack.until(() => reviewer.turns().length > 0);
  expect(reviewer.turns()).toMatchObject([
    { messages: [{ role: 'user', content: 'Message from planner:\n\nHello.' }] },
  ]);
  reviewer.answer(reviewer.turns()[0]?.turn ?? '', 'Hi.');
  const { letters = [] } = await stack.wait(run);
  expect(letters).toHaveLength(1);
  expect(await stack.wait(letters[0]?.run ?? '')).toMatchObject({ status: 'answered', content: 'Hi.' });
});
