/** Who is served when, as the model server sees it. */
import { describe, expect, test } from 'vitest';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { scriptedModel } from '../agent/scripted-model.ts';
import { mostAtOnce } from './model-calls.ts';
import { type RunningStack, sayCoded, startStack, startWithoutAgents } from './running-stack.ts';

const TEN_WORDS = 'one two three four five six seven eight nine ten';

async function sayAll(
  stack: RunningStack,
  texts: string[],
  place: (index: number) => { agent?: string; chat?: string },
) {
  const runs = await Promise.all(texts.map((text, index) => stack.say(text, place(index))));
  return Promise.all(runs.map((run) => stack.wait(run)));
}

describe('slots', () => {
  test('are never exceeded, also when turns are cut and corrected', async () => {
    const stack = await startStack({ simulator: { slots: 3, tokensPerSecond: 400, ttftMs: 3 } });
    const texts = Array.from({ length: 18 }, (_, index) =>
      index % 3 === 0 ? sayCoded(`${TEN_WORDS} ERROR ${TEN_WORDS}`) : `say: ${TEN_WORDS}`,
    );
    const views = await sayAll(stack, texts, (index) => ({
      agent: index % 2 === 0 ? 'assistant' : 'analyst',
      chat: `c${index}`,
    }));
    expect(views.map(({ status }) => status)).toEqual(texts.map(() => 'answered'));
    expect(stack.calls()).toHaveLength(18 + 6);
    expect(mostAtOnce(stack.calls())).toBe(3);
  });

  test('are never exceeded by many agents with many messages, some of them stopped; nothing waits inside the server', async () => {
    const agents = Array.from({ length: 6 }, (_, index) => ({ name: `agent${index}` }));
    const stack = await startStack({ agents, simulator: { slots: 2, tokensPerSecond: 1000 } });
    const { url } = stack.simulator;
    const deferred = async (): Promise<number> => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^llamacpp:requests_deferred (\d+)$/m.exec(metrics)?.[1]);
    };
    const runs = await Promise.all(
      Array.from({ length: 72 }, (_, index) =>
        stack.say(index % 4 === 0 ? sayCoded(`${TEN_WORDS} ERROR`) : `say: ${TEN_WORDS}`, {
          agent: `agent${index % 6}`,
          chat: `c${index % 24}`,
        }),
      ),
    );
    for (const run of runs.filter((_, index) => index % 9 === 0)) {
      await stack.event(run, 'turn-start');
      await stack.supervisor.stopRun(run);
      expect(await deferred()).toBe(0);
    }
    const views = await Promise.all(runs.map((run) => stack.wait(run)));
    expect(new Set(views.map(({ status }) => status))).toEqual(new Set(['answered', 'stopped']));
    expect(stack.calls().length).toBeGreaterThan(72 - 8);
    expect(mostAtOnce(stack.calls())).toBe(2);
  });

  test('a message that is stopped while it waits takes none: the server never hears of it', async () => {
    const stack = await startStack({ simulator: { slots: 1, tokensPerSecond: 20 } });
    const long = await stack.say(`say: ${Array(5).fill(TEN_WORDS).join(' ')}`);
    const [waiting, next] = [await stack.say('say: never', { chat: 'a' }), await stack.say('say: next', { chat: 'b' })];
    await stack.event(long, 'text-delta');
    expect((await stack.supervisor.stopRun(waiting)).status).toBe('stopped');
    await stack.supervisor.stopRun(long);
    expect((await stack.wait(next)).content).toBe('next');
    expect(stack.calls('never')).toEqual([]);
    expect(stack.calls()).toHaveLength(2);
  });

  test('a number in the configuration goes before what the server says', async () => {
    const stack = await startStack({ slots: 1, simulator: { slots: 4, tokensPerSecond: 1000 } });
    await sayAll(stack, Array(4).fill(`say: ${TEN_WORDS}`), (index) => ({ chat: `c${index}` }));
    expect(mostAtOnce(stack.calls())).toBe(1);
  });

  test('the concurrency of an agent bounds it, and leaves the rest to others', async () => {
    const agents = [{ name: 'assistant', concurrency: 1 }, { name: 'analyst' }];
    const stack = await startStack({ agents, simulator: { slots: 3, tokensPerSecond: 400 } });
    await sayAll(stack, Array(8).fill(`say: ${TEN_WORDS}`), (index) => ({
      agent: index % 2 === 0 ? 'assistant' : 'analyst',
      chat: `c${index % 2 === 0 ? 'even' : 'odd'}${index}`,
    }));
    expect(mostAtOnce(stack.calls())).toBeLessThanOrEqual(3);
    expect(mostAtOnce(stack.calls())).toBeGreaterThan(1);
  });

  test('a stopped run gives its slot to the next one', async () => {
    const stack = await startStack({ simulator: { slots: 1, tokensPerSecond: 200 } });
    const long = await stack.say(`say: ${TEN_WORDS} ${TEN_WORDS} ${TEN_WORDS} ${TEN_WORDS} ${TEN_WORDS}`);
    const next = await stack.say('say: next', { chat: 'side' });
    await stack.event(long, 'text-delta');
    expect(stack.supervisor.run(next).status).toBe('queued');
    await stack.supervisor.stopRun(long);
    expect((await stack.wait(next)).content).toBe('next');
    expect(mostAtOnce(stack.calls())).toBe(1);
  });
});

describe('chats', () => {
  test('are serial and in order, each its own; several go on at the same time', async () => {
    const stack = await startWithoutAgents({ simulator: { tokensPerSecond: 1000 } });
    const texts = Array.from({ length: 12 }, (_, index) => `say: ${index} ${TEN_WORDS}`);
    const answers = sayAll(stack, texts, (index) => ({ chat: `c${index % 3}` }));
    await stack.startAgents();
    await answers;
    const chatOf = (call: LoggedRequest): number => Number(call.messages.at(-1)?.content.split(' ')[1]) % 3;
    for (const chat of [0, 1, 2]) {
      const calls = stack.calls().filter((call) => chatOf(call) === chat);
      expect(mostAtOnce(calls)).toBe(1);
      expect(calls.map((call) => call.messages.at(-1)?.content)).toEqual(
        texts.filter((_, index) => index % 3 === chat),
      );
      expect(calls.map((call) => call.messages.length)).toEqual([1, 3, 5, 7]);
    }
    expect(mostAtOnce(stack.calls())).toBeGreaterThan(1);
  });

  test('a message of a chat that is busy waits; the one in work can be corrected meanwhile', async () => {
    const stack = await startStack({ simulator: { tokensPerSecond: 200 } });
    const forty = Array(4).fill(TEN_WORDS).join(' ');
    const [first, second] = [await stack.say(`say: ${forty}`), await stack.say('say: second')];
    await stack.event(first, 'text-delta');
    await stack.supervisor.interject('assistant', undefined, 'Without "six", please.');
    expect(stack.supervisor.run(second).status).toBe('queued');
    expect((await stack.wait(second)).content).toBe('second');
    const starts = (await stack.eventsUntil({}, ({ type, run }) => type === 'run-end' && run === second)).filter(
      ({ type }) => type === 'turn-start',
    );
    expect(starts.map(({ run, turn }) => [run, turn])).toEqual([
      [first, 1],
      [first, 2],
      [second, 1],
    ]);
  });
});

describe('before a stop', () => {
  test('what is being answered is finished, what waits is kept, nothing new is started', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition });
    const [run, waiting] = [await stack.say('first'), await stack.say('second')];
    const call = await model.call();
    call.say('first');
    const drained = stack.engine.drain(60_000);
    const other = await stack.say('third', { chat: 'side' });
    call.finish();
    await drained;
    const statuses = [run, waiting, other].map((id) => stack.supervisor.run(id).status);
    expect(statuses).toEqual(['answered', 'queued', 'queued']);
    await stack.stopSupervisor();
    await stack.startSupervisor();
    for (const _ of [waiting, other]) (await model.call()).finish();
    for (const id of [waiting, other]) expect((await stack.wait(id)).status).toBe('answered');
  });

  test('it does not wait for ever for what does not end, nor at all when nothing goes on', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition });
    const run = await stack.say('first');
    await model.call();
    await stack.engine.drain(20);
    expect(stack.supervisor.run(run).status).toBe('running');
    const idle = await startStack();
    await idle.engine.drain(60_000);
    expect(idle.supervisor.readiness().ready).toBe(true);
  });
});
