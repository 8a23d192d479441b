/** From a message to its answer, through a whole stack in one process. */
import { describe, expect, test } from 'vitest';
import { shownText, startStack, startWithoutAgents } from './running-stack.ts';

describe('a message', () => {
  test('is answered: view, events and history say the same', async () => {
    const stack = await startStack();
    const view = await stack.ask('say: Good day to you.');
    expect(view).toMatchObject({ agent: 'assistant', chat: 'main', status: 'answered', content: 'Good day to you.' });
    expect(view).not.toHaveProperty('reason');
    expect(view.messages).toEqual([
      { role: 'user', content: 'say: Good day to you.', status: 'complete' },
      { role: 'assistant', content: 'Good day to you.', status: 'complete' },
    ]);
    expect(view.usage.total_tokens).toBe(view.usage.prompt_tokens + view.usage.completion_tokens);
    expect(view.usage.completion_tokens).toBeGreaterThan(0);
    const { queue_ms, ttft_ms, total_ms } = view.timings;
    expect([queue_ms, ttft_ms, total_ms].every((time) => typeof time === 'number' && time >= 0)).toBe(true);

    const events = await stack.eventsOf(view.run);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type !== 'text-delta')).toEqual([
      ...['message-received', 'run-start', 'turn-start', 'turn-end', 'run-end'],
    ]);
    expect(shownText(events, 1)).toBe('Good day to you.');
    expect(events.at(-2)).toMatchObject({ type: 'turn-end', turn: 1, text: 'Good day to you.', reason: 'stop' });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'answered' });
    expect(events.every((event) => event.agent === 'assistant' && event.chat === 'main')).toBe(true);

    const history = stack.supervisor.history('assistant', undefined);
    expect(history.messages.map(({ role, content, status }) => [role, content, status])).toEqual([
      ['user', 'say: Good day to you.', 'complete'],
      ['assistant', 'Good day to you.', 'complete'],
    ]);
    expect(history.seq).toBe(events.at(-1)?.seq);
    expect(stack.supervisor.chats('assistant')).toMatchObject([{ chat: 'main', messages: 1 }]);
  });

  test('goes to the model with the conversation before it, of its own chat only, after the system prompt', async () => {
    const stack = await startStack({ agents: [{ name: 'assistant', system: 'Be brief.' }] });
    await stack.ask('say: one');
    await stack.ask('say: other chat', { chat: 'side' });
    await stack.ask('say: two');
    expect(stack.calls('say: two').at(-1)?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'say: one' },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'say: two' },
    ]);
  });

  test('waits for its agent; then it is answered', async () => {
    const stack = await startWithoutAgents();
    const run = await stack.say('say: at last');
    expect(await stack.supervisor.waitForRun(run, 5)).toMatchObject({ status: 'queued' });
    expect(stack.supervisor.run(run).messages).toEqual([{ role: 'user', content: 'say: at last', status: 'queued' }]);
    expect(stack.supervisor.agents()).toMatchObject([
      { id: 'assistant', state: 'starting', queued: 1, running: 0 },
      { id: 'analyst', queued: 0 },
    ]);
    await stack.startAgents();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'at last' });
    expect(stack.supervisor.agents()).toMatchObject([{ state: 'ready', queued: 0, running: 0 }, { state: 'ready' }]);
  });

  test('shows what is streamed while it is streamed', async () => {
    const stack = await startStack({ simulator: { tokensPerSecond: 10 } });
    const run = await stack.say('say: one two three four five six seven eight nine ten');
    await stack.event(run, 'text-delta');
    const line = stack.supervisor.history('assistant', undefined).messages.at(-1);
    expect(line).toMatchObject({ role: 'assistant', status: 'streaming', turn: 1, run });
    expect('one two three four five six seven eight nine ten'.startsWith(line?.content ?? 'x')).toBe(true);
    expect(stack.supervisor.run(run)).toMatchObject({ status: 'running', content: '' });
    expect((await stack.wait(run)).status).toBe('answered');
  });

  test('reasoning is a channel of its own: shown, stored, never in the transcript', async () => {
    const stack = await startStack();
    const view = await stack.ask('think: let me see\nsay: done');
    const events = await stack.eventsOf(view.run);
    expect(shownText(events, 1, 'reasoning')).toBe('let me see');
    expect(shownText(events, 1)).toBe('done');
    const { messages } = stack.supervisor.history('assistant', undefined);
    expect(messages.at(-1)).toMatchObject({ content: 'done', reasoning: 'let me see' });
    await stack.ask('say: next');
    const [, answer] = stack.calls('say: next').at(-1)?.messages ?? [];
    expect(answer).toEqual({ role: 'assistant', content: 'done' });
  });
});

describe('keys', () => {
  test('the same key and content joins the same run, in the same breath and after the answer', async () => {
    const stack = await startStack();
    const message = { agent: 'assistant', content: 'say: once', key: 'k' };
    const accepted = await Promise.all([stack.supervisor.accept(message), stack.supervisor.accept(message)]);
    expect(accepted[1]).toEqual(accepted[0]);
    await stack.wait(accepted[0].run);
    expect(await stack.supervisor.accept(message)).toEqual(accepted[0]);
    expect(stack.calls()).toHaveLength(1);
    expect(stack.supervisor.history('assistant', undefined).messages).toHaveLength(2);
  });

  test('other content, or another chat, is a conflict; another agent is not', async () => {
    const stack = await startStack();
    const message = { agent: 'assistant', content: 'say: once', key: 'k' };
    const { run } = await stack.supervisor.accept(message);
    const other = stack.supervisor.accept({ ...message, content: 'say: twice' });
    await expect(other).rejects.toMatchObject({ code: 'key_conflict' });
    await expect(stack.supervisor.accept({ ...message, chat: 'side' })).rejects.toMatchObject({ code: 'key_conflict' });
    expect((await stack.supervisor.accept({ ...message, agent: 'analyst' })).run).not.toBe(run);
  });
});

describe('refusals', () => {
  test('what does not exist is refused by its name', async () => {
    const { supervisor } = await startStack();
    const nobody = { agent: 'nobody', content: 'x' };
    await expect(supervisor.accept(nobody)).rejects.toMatchObject({ code: 'unknown_agent' });
    expect(() => supervisor.run('none')).toThrow('no such run');
    expect(() => supervisor.history('assistant', 'none')).toThrow('no such chat');
    expect(() => supervisor.history('nobody', undefined)).toThrow('no such agent');
    expect(() => supervisor.chats('nobody')).toThrow('no such agent');
    expect(supervisor.history('assistant', 'main').messages).toEqual([]);
    await expect(supervisor.stopRun('none')).rejects.toMatchObject({ code: 'unknown_run' });
    await expect(supervisor.restartAgent('nobody')).rejects.toMatchObject({ code: 'unknown_agent' });
  });

  test('a supervisor that is stopping accepts nothing, and says so', async () => {
    const { supervisor } = await startStack();
    supervisor.stopAccepting();
    await expect(supervisor.accept({ agent: 'assistant', content: 'x' })).rejects.toMatchObject({ code: 'stopping' });
    expect(supervisor.readiness()).toEqual({ ready: false, reasons: ['the stack is stopping'] });
  });

  test('a full inbox is refused; what is in it is answered, each once and in order', async () => {
    const stack = await startWithoutAgents({ simulator: { ttftMs: 0, contextTokens: 1_000_000 } });
    const messages = Array.from({ length: 1000 }, (_, index) => ({ agent: 'assistant', content: `say: ${index}` }));
    await Promise.all(messages.map((message) => stack.supervisor.accept(message)));
    const late = stack.supervisor.accept({ agent: 'assistant', content: 'say: late' });
    await expect(late).rejects.toMatchObject({ code: 'inbox_full' });
    await Promise.all(
      stack.engine.bench.runs
        .all()
        .slice(20)
        .map(({ id }) => stack.supervisor.stopRun(id)),
    );
    await stack.startAgents();
    const last = await stack.ask('say: last');
    expect(last.status).toBe('answered');
    const said = stack.calls().map((call) => call.messages.at(-1)?.content.split('\n').at(-1));
    expect(said).toEqual([...messages.slice(0, 20).map(({ content }) => content), 'say: last']);
  });

  test('without a model server that answers, messages are accepted and the stack is not ready', async () => {
    const stack = await startStack();
    expect(stack.supervisor.readiness()).toEqual({ ready: true, reasons: [] });
    const { port } = stack.simulator;
    await stack.simulator.close();
    const run = await stack.say('say: later');
    await stack.eventsUntil({}, ({ type }) => type === 'backend-down');
    const why = expect.stringMatching(new RegExp(`model server simulator .*:${port}.* is not ready: .*ECONN`));
    expect(stack.supervisor.readiness()).toEqual({ ready: false, reasons: [why] });
    expect(stack.supervisor.backends()).toMatchObject([{ up: false, detail: expect.any(String) }]);
    expect(stack.supervisor.run(run).status).toBe('running');
    await stack.restartSimulator(port);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'later' });
  });
});
