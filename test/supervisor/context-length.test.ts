/** Conversations that are longer than the context, through a whole stack in one process. */
import { describe, expect, test } from 'vitest';
import { deferred } from '../backend/collect.ts';
import { type RunningStack, type SeenEvent, startStack } from './running-stack.ts';
import { type StrictModel, type StrictSettings, strictModel, tokensIn } from './strict-model.ts';

const SYSTEM = 'Be brief.';

async function start(settings: StrictSettings, agent: object = {}): Promise<[RunningStack, StrictModel]> {
  const model = await strictModel(settings);
  const agents = [{ name: 'assistant', system: SYSTEM, ...agent }];
  return [await startStack({ backend: model.definition, agents }), model];
}

/** About 200 bytes, so 100 tokens by the server's count, beginning with a number. */
const question = (number: number): string => `${number} `.padEnd(200, 'why ');

/** Asks so many questions, one after the other; returns the id of the last run. */
async function talk(stack: RunningStack, questions: number): Promise<string> {
  let run = '';
  for (let number = 1; number <= questions; number++) run = (await stack.ask(question(number))).run;
  return run;
}

async function notices(stack: RunningStack, run: string): Promise<SeenEvent[]> {
  return (await stack.eventsOf(run)).filter(({ type }) => type === 'notice');
}

/** The numbers of the questions in a prompt. */
const questionsIn = (prompt: readonly { role: string; content: string }[] = []): string[] =>
  prompt.filter(({ role }) => role === 'user').map(({ content }) => content.split(' ')[0] ?? '');

describe('before it is sent', () => {
  test('it is shortened to the context that the server tells of; a notice says what was left out', async () => {
    const [stack, model] = await start({ context: 1000, tellsContext: true });
    const last = await talk(stack, 12);
    expect(model.prompts).toHaveLength(12);
    expect(model.prompts.every((prompt) => tokensIn(prompt) <= 1000)).toBe(true);
    const prompt = model.prompts.at(-1);
    expect(prompt?.[0]).toEqual({ role: 'system', content: SYSTEM });
    expect(questionsIn(prompt).at(-1)).toBe('12');
    const leftOut = 12 - questionsIn(prompt).length;
    expect(leftOut).toBeGreaterThan(0);
    const [notice, ...more] = await notices(stack, last);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ code: 'context_shortened', turn: 1, agent: 'assistant', chat: 'main' });
    expect(notice?.text).toMatch(
      new RegExp(
        `longer than the context \\(1000 tokens\\): its oldest ${leftOut * 2} messages \\(about \\d+ tokens\\)`,
      ),
    );
  });

  test('the context of the agent goes first', async () => {
    const [stack, model] = await start({ context: 100_000, tellsContext: true }, { context: 600 });
    await talk(stack, 8);
    expect(tokensIn(model.prompts.at(-1) ?? [])).toBeLessThan(600);
    expect(questionsIn(model.prompts.at(-1)).length).toBeLessThan(8);
  });

  test('but is not believed where the server was started with a smaller one', async () => {
    const [stack, model] = await start({ context: 600, tellsContext: true }, { context: 100_000 });
    await talk(stack, 8);
    expect(model.prompts).toHaveLength(8);
    expect(model.prompts.every((prompt) => tokensIn(prompt) <= 600)).toBe(true);
  });

  test('what fits is sent whole, and nothing is said of it', async () => {
    const [stack, model] = await start({ context: 4000, tellsContext: true });
    const last = await talk(stack, 5);
    expect(questionsIn(model.prompts.at(-1))).toEqual(['1', '2', '3', '4', '5']);
    expect(await notices(stack, last)).toEqual([]);
  });

  test('where nobody tells of a context, everything is sent', async () => {
    const [stack, model] = await start({});
    await talk(stack, 8);
    expect(questionsIn(model.prompts.at(-1))).toHaveLength(8);
  });
});

describe('when the server refuses it', () => {
  test.each([
    ['with its numbers', true, '(refused|700 tokens)'],
    ['without numbers', false, 'refused'],
  ])('%s, it is shortened once more and answered', async (_, tellsNumbers, why) => {
    const [stack, model] = await start({ tellsNumbers });
    await talk(stack, 8);
    model.settings.context = 700;
    const view = await stack.ask(question(9));
    expect(view).toMatchObject({ status: 'answered', content: 'ok' });
    expect(model.prompts).toHaveLength(10);
    const kept = questionsIn(model.prompts.at(-1));
    expect(kept.length).toBeLessThan(9);
    expect(kept.at(-1)).toBe('9');
    const events = await stack.eventsOf(view.run);
    expect(events.filter(({ type }) => type === 'turn-cut')).toMatchObject([
      { turn: 1, reason: expect.stringMatching(/^context_overflow: /) },
    ]);
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      {
        code: 'context_shortened',
        turn: 2,
        text: expect.stringMatching(`${why}.*oldest ${(9 - kept.length) * 2} messages`),
      },
    ]);
    expect(stack.supervisor.readiness().ready).toBe(true);
    await stack.ask(question(10));
    expect(model.prompts).toHaveLength(11);
  });

  test('twice, the run fails and says what to do; the next one in another chat is served', async () => {
    const [stack, model] = await start({});
    await talk(stack, 8);
    model.settings.context = 150;
    const view = await stack.ask(question(9));
    expect(view.status).toBe('failed');
    expect(view.reason).toMatch(/^context_overflow: .*oldest \d+ messages.*shorter message.*-c.*num_ctx/);
    expect(model.prompts).toHaveLength(10);
    expect((await stack.ask('short', { chat: 'other' })).status).toBe('answered');
  });

  test('a message that is too long by itself fails at once', async () => {
    const [stack, model] = await start({ context: 50, tellsContext: true });
    const view = await stack.ask(question(1));
    expect(view.status).toBe('failed');
    expect(view.reason).toMatch(/^context_overflow: the message with the system prompt is longer than the context/);
    expect(model.prompts).toHaveLength(1);
    expect(await notices(stack, view.run)).toEqual([]);
  });

  describe('and the supervisor restarts before the shorter one is answered', () => {
    /** A run whose second prompt the server holds, and a new supervisor. */
    async function restartMeanwhile(agentStays: boolean): Promise<[RunningStack, StrictModel, string, () => void]> {
      const [stack, model] = await start({});
      await talk(stack, 8);
      const held = deferred<void>();
      model.hold = (calls) => (calls === 10 ? held.promise : undefined);
      model.settings.context = 150;
      const run = await stack.say(question(9));
      await stack.until(() => model.prompts.length === 10);
      await stack.stopSupervisor();
      if (!agentStays) stack.endAgent('assistant', { tell: false });
      await stack.startSupervisor();
      return [stack, model, run, () => held.resolve()];
    }

    test('and the agent still has it: a second refusal is the last one', async () => {
      const [stack, model, run, release] = await restartMeanwhile(true);
      release();
      const view = await stack.wait(run);
      expect([view.status, view.reason]).toEqual(['failed', expect.stringMatching(/^context_overflow: /)]);
      expect(model.prompts).toHaveLength(10);
    });

    test('and the agent is gone, too: it is shortened again, not sent whole', async () => {
      const [stack, model, run, release] = await restartMeanwhile(false);
      release();
      await stack.startAgent('assistant');
      expect((await stack.wait(run)).reason).toMatch(/^context_overflow: /);
      expect(model.prompts.slice(8).map((prompt) => questionsIn(prompt).length)).toEqual([9, 5, 5]);
    });
  });
});

test('a long chat with the simulator, whose context is small, is answered to its end', async () => {
  const stack = await startStack({ agents: [{ name: 'assistant' }], simulator: { contextTokens: 400 } });
  for (let number = 1; number <= 10; number++) {
    const view = await stack.ask(`${question(number)}`);
    expect([number, view.status, view.reason]).toEqual([number, 'answered', undefined]);
  }
  expect(stack.calls().at(-1)?.messages.length).toBeLessThan(19);
});
