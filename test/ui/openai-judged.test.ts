/** Answers of `/v1` that policies review and people decide about: what was withheld, or objected to, is not sent. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { reviewer } from '../supervisor/reviews/reviewing.ts';
import { type ServedStack, serveStack } from './served-stack.ts';

type Options = Parameters<typeof serveStack>[0];

const CONTINUING = [{ name: 'assistant', resume: 'continue' as const }];
const OBJECTS = `return turn.turn === 1 ? { action: 'interject', text: 'say: better' } : undefined;`;
const PAUSES = `{ name: 'pauses', patterns: ['HALT'], onText: ({ match }) => match && { action: 'pause', reason: 'look' } }`;

/** All that was sent, whole or in pieces, and how it ended. */
async function read(served: ServedStack, content: string, stream: boolean): Promise<[text: string, end: unknown]> {
  const { url, token } = served.client.door;
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const asked = { model: 'assistant', messages: [{ role: 'user' as const, content }] };
  let [text, end]: [string, unknown] = ['', undefined];
  try {
    if (!stream) {
      const [choice] = (await openai.chat.completions.create(asked)).choices;
      return [choice?.message.content ?? '', choice?.finish_reason];
    }
    for await (const { choices } of await openai.chat.completions.create({ ...asked, stream })) {
      text += choices[0]?.delta.content ?? '';
      end = choices[0]?.finish_reason ?? end;
    }
  } catch (error) {
    end = (error as { code?: string }).code;
  }
  return [text, end];
}

const WAYS: [string, boolean, Options][] = [false, true].flatMap((stream) => [
  [`streamed: ${stream}, answers begin anew`, stream, {}],
  [`streamed: ${stream}, answers go on`, stream, { agents: CONTINUING }],
]);

test.each(WAYS)('an answer that is objected to when it is whole is not sent: %s', async (_, stream, options) => {
  for (const when of ['before', 'after']) {
    const served = await serveStack({ ...options, policies: [reviewer(OBJECTS, `reviewWhen: '${when}',`)] });
    const [text, end] = await read(served, 'say: worse', stream);
    expect([text.includes('worse'), end]).toEqual([false, 'stop']);
    expect(text).not.toBe('');
  }
});

test.each(WAYS)('one that is blocked when it is whole is an error: %s', async (_, stream, options) => {
  for (const when of ['before', 'after']) {
    const blocks = reviewer(`return { action: 'block', reason: 'no' };`, `reviewWhen: '${when}',`);
    const served = await serveStack({ ...options, policies: [blocks] });
    expect(await read(served, 'say: worse', stream)).toEqual(['', 'content_filter']);
  }
});

test.each(WAYS)('a person approves, writes another answer, or refuses: %s', async (_, stream, options) => {
  const served = await serveStack({ ...options, policies: [PAUSES] });
  const { supervisor } = served.stack;
  const decided = async (decree: Parameters<typeof supervisor.decideApproval>[1]) => {
    const reading = read(served, 'say: so far HALT', stream);
    await served.stack.until(() => supervisor.approvals().length === 1);
    await supervisor.decideApproval(String(supervisor.approvals()[0]?.id), decree);
    return reading;
  };
  const isSent = stream && options?.agents === CONTINUING;
  expect(await decided({ decision: 'approve' })).toEqual(['so far HALT', 'stop']);
  expect(await decided({ decision: 'edit', content: 'mine' })).toEqual(
    isSent ? ['so far ', 'run_failed'] : ['mine', 'stop'],
  );
  expect(await decided({ decision: 'refuse' })).toEqual([isSent ? 'so far ' : '', 'content_filter']);
});
