/** The door for OpenAI's clients, asked with the real `openai` package over a real stack. */
import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { describe, expect, test } from 'vitest';
import { type ServedStack, serveStack } from './served-stack.ts';
import { sayCoded } from './stack-client.ts';

type Options = Parameters<typeof serveStack>[0];

async function serve(options: Options = {}): Promise<ServedStack & { openai: OpenAI }> {
  const served = await serveStack(options);
  const { url, token } = served.client.door;
  return { ...served, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }) };
}

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });
const ask = (content: string) => ({ model: 'assistant', messages: [user(content)] });

/** What only interject says in a reply. */
const extra = (reply: unknown) => (reply as { interject?: { run: string; interventions: object[] } }).interject;

const OFFENDING = sayCoded('All is well. ERROR: not at all.');
const NO_POLICY: Options = { policies: [] };
const CONTINUING: Options = { agents: [{ name: 'assistant', resume: 'continue' }] };
const LONG = `say: ${'word '.repeat(2000)}`;

test('agents are models', async () => {
  const { openai } = await serve();
  const { data } = await openai.models.list();
  expect(data.map(({ id, object }) => [id, object])).toEqual([
    ['assistant', 'model'],
    ['analyst', 'model'],
  ]);
});

describe('a whole answer', () => {
  test('has text, reasoning, true usage and a finish reason', async () => {
    const { openai, stack } = await serve();
    const reply = await openai.chat.completions.create(ask('think: hm\nsay: hello there'));
    const [choice] = reply.choices;
    expect(choice?.message).toMatchObject({ role: 'assistant', content: 'hello there', reasoning_content: 'hm' });
    expect(choice?.finish_reason).toBe('stop');
    const run = stack.supervisor.run(extra(reply)?.run ?? '');
    expect(reply.usage).toMatchObject({
      prompt_tokens: run.usage.prompt_tokens,
      completion_tokens: run.usage.completion_tokens,
      total_tokens: run.usage.total_tokens,
    });
    expect(run.usage.completion_tokens).toBeGreaterThan(0);
    expect(reply.id).toBe(`chatcmpl-${run.run}`);
  });

  test("the caller's messages are the conversation, under the agent's system prompt and the caller's", async () => {
    const { openai, stack } = await serve({ agents: [{ name: 'assistant', system: 'Be brief.' }] });
    const earlier = [user('one'), { role: 'assistant', content: 'two' } as const];
    const parts: ChatCompletionMessageParam = {
      role: 'user',
      content: [
        { type: 'text', text: 'say: three' },
        { type: 'text', text: 'and four' },
      ],
    };
    const messages = [{ role: 'system', content: 'Speak of numbers.' } as const, ...earlier, parts];
    await openai.chat.completions.create({ model: 'assistant', messages });
    expect(stack.calls().at(-1)?.messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nSpeak of numbers.' },
      ...earlier,
      { role: 'user', content: 'say: three\nand four' },
    ]);
  });

  test('options reach the model server', async () => {
    const { openai } = await serve();
    const reply = await openai.chat.completions.create({ ...ask('say: one two three four five'), max_tokens: 3 });
    expect([reply.choices[0]?.finish_reason, reply.usage?.completion_tokens]).toEqual(['length', 3]);
  });

  test('a corrected answer is the clean one, and says what was done', async () => {
    const { openai } = await serve();
    const reply = await openai.chat.completions.create(ask(OFFENDING));
    expect(reply.choices[0]?.message.content).not.toContain('ERROR');
    expect(reply.choices[0]?.message.content).not.toBe('');
    expect(extra(reply)?.interventions).toMatchObject([{ policy: 'error-keyword', action: 'interject', turn: 1 }]);
  });

  test('that a policy ends early says so', async () => {
    const cuts = `{ name: 'cuts', onText: ({ text }) =>
      text.includes('stop') ? { action: 'cut', reason: 'enough', from: text.indexOf('stop') } : undefined }`;
    const { openai } = await serve({ policies: [cuts] });
    const [choice] = (await openai.chat.completions.create(ask('say: so far stop here'))).choices;
    expect([choice?.message.content, choice?.finish_reason]).toEqual(['so far ', 'content_filter']);
  });
});

describe('a stream', () => {
  test('brings the same text as it is written, and usage when asked for', async () => {
    const { openai } = await serve(NO_POLICY);
    const stream = openai.chat.completions.stream({
      ...ask('think: hm\nsay: one two three four five six'),
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const reply = await stream.finalChatCompletion();
    expect(pieces.length).toBeGreaterThan(2);
    expect(reply.choices[0]?.message.content).toBe('one two three four five six');
    expect(pieces.join('')).toBe('one two three four five six');
    expect(reply.usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('where an answer may be written anew, a turn comes when it is clean', async () => {
    const { openai } = await serve();
    const stream = await openai.chat.completions.create({ ...ask(OFFENDING), stream: true });
    let text = '';
    let last: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      last = chunk;
    }
    expect(text).not.toBe('');
    expect(text).not.toContain('ERROR');
    expect(extra(last)?.interventions).toHaveLength(1);
  });

  test('where answers go on, it streams and is one text', async () => {
    const { openai, stack } = await serve(CONTINUING);
    const stream = await openai.chat.completions.create({ ...ask(OFFENDING), stream: true });
    const pieces: string[] = [];
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
    const run = stack.supervisor.run(lastRun(stack));
    expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(run.content);
    expect(pieces.join('')).toMatch(/^All is well\. /);
    expect(pieces.join('')).not.toContain('ERROR');
  });

  test('an error in the middle is an exception of the client', async () => {
    const { openai } = await serve(NO_POLICY);
    const stream = await openai.chat.completions.create({ ...ask('fault: garbage 3\nsay: a b c d e f'), stream: true });
    const read = async (): Promise<string> => {
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      return text;
    };
    const error = await read().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'backend_failed', type: 'server_error' });
  });

  test('an answer that is written anew after its beginning went out ends as an error', async () => {
    const { openai, stack } = await serve(NO_POLICY);
    const stream = await openai.chat.completions.create({ ...ask(LONG), stream: true });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content) {
          stack.endAgent('assistant');
          await stack.startAgent('assistant');
        }
      }
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });
});

describe('whoever hangs up stops the run', () => {
  test('a stream', async () => {
    const { openai, stack } = await serve(NO_POLICY);
    const stream = await openai.chat.completions.create({ ...ask(LONG), stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await stack.until(() => stack.calls().at(-1)?.outcome === 'cancelled');
    expect(stack.supervisor.run(lastRun(stack))).toMatchObject({ status: 'stopped', reason: 'the caller hung up' });
  });

  test('a whole answer, also one that waits for a slot', async () => {
    const { openai, stack } = await serve({ simulator: { slots: 1, tokensPerSecond: 100 } });
    const stopping = new AbortController();
    const asked = ['x', 'y'].map((name) =>
      openai.chat.completions.create(ask(`${LONG} ${name}`), { signal: stopping.signal }),
    );
    await stack.until(() => stack.engine.bench.runs.all().length === 2 && stack.calls().length === 1);
    stopping.abort();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await stack.until(() => stack.engine.bench.runs.all().length === 0);
    expect(stack.calls().map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });
});

describe('what is not there is refused by name', () => {
  test('an unknown model', async () => {
    const { openai } = await serve();
    const refused = openai.chat.completions.create({ ...ask('say: hello'), model: 'gpt-9' });
    await expect(refused).rejects.toBeInstanceOf(NotFoundError);
    await expect(refused).rejects.toMatchObject({ code: 'model_not_found', param: 'model', status: 404 });
  });

  test.each<[string, object, string]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
    ['several answers', { n: 2 }, 'n'],
    ['log probabilities', { logprobs: true }, 'logprobs'],
    ['an unknown option', { temprature: 1 }, 'temprature'],
    ['a temperature out of range', { temperature: 9 }, 'temperature'],
    [
      'a role that every object has',
      { messages: [{ role: 'constructor', content: 'x' }, user('a')] },
      'messages.0.role',
    ],
    ['an option that every object has', { toString: 1 }, 'toString'],
    ['half a character', { messages: [user('a\ud800')] }, 'messages.0.content'],
    ['half a character of a stop', { stop: 'a\ud800' }, 'stop'],
    ['a role', { messages: [{ role: 'tool', content: 'x', tool_call_id: '1' }] }, 'messages.0.role'],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages.0.content',
    ],
    ['an answer that comes last', { messages: [user('a'), { role: 'assistant', content: 'b' }] }, 'messages.1'],
    ['an empty question', { messages: [user('')] }, 'messages.0.content'],
    ['no messages', { messages: [] }, 'messages'],
  ])('%s', async (_, more, param) => {
    const { openai, stack } = await serve();
    const refused = openai.chat.completions.create({ ...ask('say: hello'), ...more });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
    await expect(refused).rejects.toMatchObject({ param, type: 'invalid_request_error' });
    expect(stack.calls()).toEqual([]);
  });

  test('options that ask for nothing, and those that change nothing, do no harm', async () => {
    const { openai } = await serve();
    const harmless = { n: 1, tools: [], user: 'me', response_format: { type: 'text' as const }, logprobs: false };
    const reply = await openai.chat.completions.create({ ...ask('say: hello'), ...harmless });
    expect(reply.choices[0]?.message.content).toBe('hello');
  });
});

describe('what is kept', () => {
  test('the conversation is not listed, and deleted after a while with all that belongs to it', async () => {
    const { openai, stack } = await serve();
    await openai.chat.completions.create(ask(OFFENDING));
    expect(stack.supervisor.chats('assistant')).toEqual([]);
    const run = lastRun(stack);
    const { store, recorder } = stack.engine.bench;
    const prune = (before: number): number => recorder.write(() => store.ephemeral.prune(before, 10));
    expect([prune(Date.now() - 60_000), prune(Date.now() + 1)]).toEqual([0, 1]);
    recorder.flush();
    expect(store.runs.byId(run)).toBeUndefined();
    expect(store.events.page({ run }, 0, 10)).toEqual([]);
  });

  test('one that goes on is kept; a restart of the supervisor fails it', async () => {
    const { stack } = await serve();
    const message = { agent: 'assistant', content: LONG, earlier: [], options: {} };
    const { run } = await stack.supervisor.complete(message);
    await stack.event(run, 'turn-start');
    const { store, recorder } = stack.engine.bench;
    expect(recorder.write(() => store.ephemeral.prune(Date.now() + 1, 10))).toBe(0);
    await stack.stopSupervisor();
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('connection_lost'),
    });
    await stack.until(() => stack.calls().at(-1)?.outcome === 'cancelled');
  });
});

/** The run that began last. */
function lastRun({ engine }: ServedStack['stack']): string {
  const events = engine.bench.store.events.page({}, 0, 100_000).filter(({ type }) => type === 'message-received');
  return events.at(-1)?.run ?? '';
}
