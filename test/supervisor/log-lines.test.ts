/** What stands in the log of runs: found again by agent, run and turn, and never a text. */
import { describe, expect, it } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { type RunningStack, type SeenLine, sayCoded, startStack, startWithoutAgents } from './running-stack.ts';

const SHOWN = new Set(['info', 'warn', 'error']);

function linesOf({ lines }: RunningStack, run: string): SeenLine[] {
  return lines.filter((line) => line.run === run);
}

/** What a person sees of a run at the default level. */
function shown(stack: RunningStack, run: string): string[] {
  return linesOf(stack, run).flatMap(({ level, message }) => (SHOWN.has(level) ? message : []));
}

const throwing = (what: string) => `{ name: 'breaks', patterns: ['SECRET'], onText({ text }) {
  if (text.includes('SECRET')) throw new Error('at ' + text);
  ${what}
} }`;

describe('lines of a run', () => {
  it('an ordinary run writes two at info, with agent, chat, run and turn, and what it took', async () => {
    const stack = await startStack();
    const { run: id } = await stack.ask('say: all is well', { chat: 'mine' });
    expect(shown(stack, id)).toEqual(['turn started', 'run answered']);
    const place = { agent: 'assistant', chat: 'mine', run: id };
    expect(linesOf(stack, id)).toContainEqual({
      ...{ ...place, level: 'info', message: 'turn started', turn: 1, backend: 'simulator', continues: undefined },
      swarm: undefined,
    });
    expect(linesOf(stack, id).at(-1)).toMatchObject({ ...place, status: 'answered', turns: 1 });
    const ended = linesOf(stack, id).find(({ message }) => message === 'run answered');
    for (const figure of ['queueMs', 'firstTextMs', 'runMs']) expect(ended?.[figure]).toEqual(expect.any(Number));
    for (const figure of ['promptTokens', 'completionTokens']) expect(ended?.[figure]).toBeGreaterThan(0);
  });

  it('at debug there is the way before, and the end at the agent, under the same names', async () => {
    const stack = await startStack();
    const { run: id } = await stack.ask('say: all is well');
    const messages = linesOf(stack, id).map(({ message }) => message);
    expect(messages).toEqual(expect.arrayContaining(['message accepted', 'run started', 'turn ended']));
    const place = { agent: 'assistant', chat: 'main', run: id };
    for (const line of linesOf(stack, id)) expect(line).toMatchObject(place);
    expect(linesOf(stack, id)).toContainEqual(expect.objectContaining({ message: 'turn ended', turn: 1 }));
  });

  it('an intervention is told with policy and action, the interrupted turn with its reason; never a text', async () => {
    const stack = await startStack();
    const { run: id } = await stack.ask(sayCoded('the ERROR of Smith'));
    expect(shown(stack, id).slice(0, 4)).toEqual([
      'turn started',
      'a policy intervened',
      'turn interrupted',
      'turn started',
    ]);
    const place = { agent: 'assistant', chat: 'main', run: id, turn: 1 };
    expect(linesOf(stack, id)).toContainEqual(
      expect.objectContaining({ ...place, policy: 'error-keyword', action: 'interject', offset: 4 }),
    );
    expect(linesOf(stack, id)).toContainEqual(expect.objectContaining({ ...place, reason: 'error-keyword' }));
    expect(JSON.stringify(stack.lines)).not.toMatch(/ERROR|Smith/);
  });

  it('a policy that fails is named with its run; what it quotes stands in no line', async () => {
    const stack = await startStack({ policies: [throwing('')] });
    const { run: id } = await stack.ask(sayCoded('the SECRET of Smith'));
    expect(linesOf(stack, id)).toContainEqual(
      expect.objectContaining({ level: 'error', agent: 'assistant', chat: 'main', policy: 'breaks', turn: 1 }),
    );
    expect(linesOf(stack, id)).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'run failed', reason: 'policy_failed' }),
    );
    expect(JSON.stringify(stack.lines)).not.toMatch(/SECRET|Smith/);
  });

  it('what a policy says of a run it ends is there at debug only, under a name that is redacted elsewhere', async () => {
    const policy = `{ name: 'strict', onMessage: () => ({ action: 'block', reason: 'you said Smith' }) }`;
    const stack = await startStack({ policies: [policy] });
    const { run: id } = await stack.ask('Smith');
    const told = linesOf(stack, id).filter((line) => JSON.stringify(line).includes('Smith'));
    expect(told.map(({ level, text }) => [level, text])).toEqual([['debug', 'strict: you said Smith']]);
    expect(linesOf(stack, id)).toContainEqual(expect.objectContaining({ message: 'run blocked', reason: 'strict' }));
  });

  it('whom an answer writes to who is no contact is there at debug only: the name is the answer’s', async () => {
    const stack = await startStack({ agents: [{ name: 'assistant', contacts: ['analyst'] }, { name: 'analyst' }] });
    const { run: id } = await stack.ask('say: @smith: Hello.');
    const told = linesOf(stack, id).filter((line) => JSON.stringify(line).includes('smith'));
    expect(told.map(({ level, text }) => [level, text])).toEqual([['debug', expect.stringContaining('@smith')]]);
    expect(linesOf(stack, id)).toContainEqual(
      expect.objectContaining({
        level: 'info',
        message: expect.stringContaining('no contact'),
        code: 'letter_no_contact',
      }),
    );
  });

  it('what a model server says with which it is away is there at debug only: it may quote what it was asked', async () => {
    const model = await scriptedModel('other', 'by hand');
    const stack = await startStack({ backend: model.definition });
    await stack.say('Smith');
    (await model.call()).refuse(503, 'busy with Smith');
    await stack.until(() => stack.lines.some(({ message }) => message === 'model server does not answer'));
    const told = stack.lines.filter((line) => JSON.stringify(line).includes('Smith'));
    expect(new Set(told.map(({ level }) => level))).toEqual(new Set(['debug']));
    expect(stack.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', backend: 'other', reason: 'backend_loading' }),
    );
  });

  it('an agent that dies, and a model server that comes and goes', async () => {
    const stack = await startStack({ simulator: { tokensPerSecond: 20 } });
    expect(stack.lines).toContainEqual(
      expect.objectContaining({ message: 'model server answers', backend: 'simulator' }),
    );
    const run = await stack.say('say: one two three four five six seven eight nine ten');
    await stack.event(run, 'text-delta');
    stack.endAgent('assistant');
    await stack.event(run, 'turn-cut');
    expect(linesOf(stack, run)).toContainEqual(
      expect.objectContaining({ message: 'turn interrupted', turn: 1, reason: 'agent_lost', agent: 'assistant' }),
    );
    await stack.simulator.close();
    await stack.until(() => stack.lines.some(({ message }) => message === 'model server does not answer'));
    expect(stack.lines).toContainEqual(expect.objectContaining({ agent: 'assistant', message: 'agent gone' }));
  });

  it('a turn that outlived the supervisor is told to go on', async () => {
    const stack = await startWithoutAgents({ simulator: { tokensPerSecond: 20 } });
    await stack.startAgents();
    const run = await stack.say('say: one two three four five six seven eight nine ten');
    await stack.event(run, 'text-delta');
    await stack.stopSupervisor();
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    expect(shown(stack, run)).toContain('the agent still has the turn, which goes on');
  });
});
