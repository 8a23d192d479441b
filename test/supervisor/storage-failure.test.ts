/** A data folder that cannot be written for a while: nothing unrecorded is shown, and all goes on when it can be written again. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { connectTo } from '../store/temporary-store.ts';
import { runInProgress } from './run-in-progress.ts';
import { type RunningStack, shownText, startStack } from './running-stack.ts';

/** Makes writing events of this type fail, as a full disk would; returns what ends that. */
function breakStorage(stack: RunningStack, type: string, when: 'insert' | 'commit' = 'insert'): () => void {
  const database = connectTo(join(stack.folder, 'interject.db'));
  const execute = (sql: string): void => {
    // The supervisor shares this thread: waiting for the lock of a transaction that it has open would be waiting for ever.
    stack.engine.bench.recorder.flush();
    database.exec(sql);
  };
  if (when === 'insert') {
    execute(`create trigger broken before insert on event when new.type = '${type}'
      begin select raise(abort, 'database or disk is full'); end`);
  } else {
    execute(`create table absent (id integer primary key);
      create table dangling (id integer references absent (id) deferrable initially deferred);
      create trigger broken after insert on event when new.type = '${type}' begin insert into dangling values (7); end`);
  }
  return () => execute('drop trigger broken');
}

function degraded(stack: RunningStack): Promise<unknown> {
  return stack.eventsUntil({}, ({ type }) => type === 'degraded');
}

/** Both at the same time, because each waits a second until the storage is tried again. */
function eachWay(play: (when: 'insert' | 'commit') => Promise<void>): () => Promise<unknown> {
  return () => Promise.all([play('insert'), play('commit')]);
}

describe('when writing or committing fails', () => {
  test(
    'in mid-answer: nothing of it is told, the model is cut off; later the run is answered anew',
    eachWay(async (when) => {
      const { stack, model, run, call } = await runInProgress();
      call.say('first ');
      await stack.event(run, 'text-delta');
      const repair = breakStorage(stack, 'text-delta', when);
      const told = degraded(stack);
      call.say('second ');
      await call.closed;
      await told;
      expect(stack.supervisor.readiness().reasons[0]).toContain('cannot be written');
      expect(stack.supervisor.run(run).status).toBe('running');
      repair();
      const again = await model.call();
      expect(again.body.messages).toEqual([{ role: 'user', content: 'hello' }]);
      again.say('anew');
      again.finish();
      expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'anew' });
      const events = await stack.eventsOf(run);
      expect([shownText(events, 1), shownText(events, 2)]).toEqual(['first ', 'anew']);
      expect(stack.supervisor.readiness()).toEqual({ ready: true, reasons: [] });
    }),
  );

  test(
    'for a message: it is not acknowledged, nobody hears of it, and its key is free',
    eachWay(async (when) => {
      const stack = await startStack();
      const repair = breakStorage(stack, 'message-received', when);
      const message = { agent: 'assistant', content: 'say: hello', key: 'k' };
      const refusals = [stack.supervisor.accept(message), stack.supervisor.accept(message)];
      for (const refused of refusals) await expect(refused).rejects.toMatchObject({ code: 'storage_failed' });
      await expect(stack.supervisor.accept(message)).rejects.toMatchObject({ code: 'storage_failed' });
      expect(stack.supervisor.history('assistant', undefined).messages).toEqual([]);
      repair();
      await stack.until(() => stack.engine.degraded === undefined);
      expect((await stack.ask('say: hello', { key: 'k' })).content).toBe('hello');
      expect(stack.calls()).toHaveLength(1);
    }),
  );

  test.each(['letter-sent', 'run-end'])(
    'at the end of an answer that writes to another agent (%s): nothing is sent before it is settled, and it is sent once',
    async (type) => {
      await eachWay(async (when) => {
        const stack = await startStack({ agents: [{ name: 'planner', contacts: ['reviewer'] }, { name: 'reviewer' }] });
        const repair = breakStorage(stack, type, when);
        const told = degraded(stack);
        const run = await stack.say('say: @reviewer: say: yes', { agent: 'planner' });
        await told;
        expect(stack.supervisor.history('reviewer', undefined).messages).toEqual([]);
        expect(stack.calls('Message from planner')).toEqual([]);
        repair();
        const { letters = [] } = await stack.wait(run);
        expect(letters).toHaveLength(1);
        expect(await stack.wait(letters[0]?.run ?? '')).toMatchObject({ status: 'answered', content: 'yes' });
        expect(stack.supervisor.history('reviewer', undefined).messages).toHaveLength(2);
        expect(stack.calls('Message from planner')).toHaveLength(1);
      })();
    },
  );

  test(
    'at the end of an answer: the agent may not forget it before it is recorded',
    eachWay(async (when) => {
      const stack = await startStack();
      const repair = breakStorage(stack, 'run-end', when);
      const told = degraded(stack);
      const run = await stack.say('say: hello');
      await told;
      expect(stack.supervisor.run(run)).toMatchObject({ status: 'running', content: '' });
      repair();
      expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'hello' });
      const events = await stack.eventsOf(run);
      expect(events.filter(({ type }) => type === 'turn-end')).toHaveLength(1);
    }),
  );
});

test('a chat that is not recorded yet is not listed', async () => {
  const stack = await startStack();
  breakStorage(stack, 'message-received', 'commit');
  const refused = stack.supervisor.accept({ agent: 'assistant', content: 'say: hello' });
  refused.catch(() => {});
  expect(stack.supervisor.chats('assistant')).toEqual([]);
  await expect(refused).rejects.toMatchObject({ code: 'storage_failed' });
});

test('a message whose run cannot be started in the tick that accepts it is refused, and leaves nothing', async () => {
  const stack = await startStack();
  const repair = breakStorage(stack, 'run-start');
  await expect(stack.say('say: hello', { key: 'k' })).rejects.toMatchObject({ code: 'storage_failed' });
  repair();
  await stack.until(() => stack.engine.degraded === undefined);
  expect(await stack.wait(await stack.say('say: again', { key: 'k' }))).toMatchObject({ content: 'again' });
});

test('a message whose verdict could not be recorded is judged again: no policy is passed by', async () => {
  const policy = `{ name: 'mine', onMessage: () => ({ action: 'block', reason: 'not this' }) }`;
  const stack = await startStack({ policies: [policy] });
  const repair = breakStorage(stack, 'intervention');
  const told = degraded(stack);
  // It was committed before the policy was asked, so it may be acknowledged.
  const run = await stack.say('say: hello');
  await told;
  repair();
  expect(await stack.wait(run)).toMatchObject({ status: 'blocked', reason: 'mine: not this' });
  expect(stack.calls()).toEqual([]);
});

test('a waiting run that could not be started is started when the folder can be written again, though nothing else happens', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition });
  const first = await stack.say('one');
  const call = await model.call();
  const second = await stack.say('two');
  const repair = breakStorage(stack, 'run-start');
  const told = degraded(stack);
  call.say('ok');
  call.finish();
  await told;
  repair();
  for (const run of [first, second]) {
    const next = await model.call();
    next.say('ok');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'ok' });
  }
});

test('a failure in the middle of a call ends that call: nothing is done with what memory still says', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, slots: 2 });
  const answer = async (): Promise<void> => {
    const call = await model.call();
    call.say('ok');
    call.finish();
  };
  const runs = [await stack.say('one', { chat: 'a' }), await stack.say('two', { chat: 'b' })];
  for (const call of [await model.call(), await model.call()]) call.say('beginning');
  for (const run of runs) await stack.event(run, 'text-delta');
  runs.push(await stack.say('three', { agent: 'analyst' }));
  const repair = breakStorage(stack, 'run-start');
  const told = degraded(stack);
  stack.endAgent('assistant');
  await told;
  repair();
  await stack.until(() => stack.engine.degraded === undefined);
  await answer();
  await stack.startAgent('assistant');
  await Promise.all([answer(), answer()]);
  for (const run of runs) expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'ok' });
  runs.push(await stack.say('afterwards', { chat: 'a' }), await stack.say('afterwards', { chat: 'b' }));
  await Promise.all([answer(), answer()]);
  for (const run of runs) await stack.wait(run);
  const last = stack.supervisor.history('assistant', 'a').seq;
  const all = await stack.eventsUntil({}, ({ seq }) => seq === last);
  for (const run of runs) expect(all.filter((event) => event.run === run).at(-1)?.type).toBe('run-end');
});

test('as long as it cannot be written the stack says so, and accepts nothing', async () => {
  const stack = await startStack();
  let times = 0;
  const counting = stack.eventsUntil({}, ({ type }) => type === 'degraded' && ++times === 2);
  counting.catch(() => {});
  stack.engine.bench.store.close();
  const refused = stack.supervisor.accept({ agent: 'assistant', content: 'say: hello' });
  await expect(refused).rejects.toThrow(/cannot be|not open/);
  const start = performance.now();
  while (performance.now() - start < 1300) {
    expect(stack.supervisor.readiness().ready).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(times).toBe(1);
});
