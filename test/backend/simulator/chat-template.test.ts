/** The chat template: what a prompt looks like, and the roles that a template refuses, over HTTP as a client sees it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../../agent/backend/backend.ts';
import { renderPrompt, TEMPLATES, type TemplateName } from '../../../agent/backend/simulator/chat-template.ts';
import { type Simulator, startSimulator } from '../../../agent/backend/simulator/server.ts';

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

async function start(template: TemplateName): Promise<void> {
  simulator = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, template });
}

async function post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const reply = await fetch(`${simulator?.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

const system: ModelMessage = { role: 'system', content: 'be brief' };
const user: ModelMessage = { role: 'user', content: 'say: yes' };
const assistant: ModelMessage = { role: 'assistant', content: 'ye' };

const TRANSCRIPTS = {
  system: [system, user],
  'a late system': [user, assistant, system, user],
  'consecutive users': [user, user],
  turns: [user, assistant, user],
  'a begun answer': [user, assistant],
} satisfies Record<string, ModelMessage[]>;

const REFUSED: Record<TemplateName, (keyof typeof TRANSCRIPTS)[]> = {
  any: [],
  'no-system': ['system', 'a late system'],
  alternating: ['a late system', 'consecutive users'],
  strict: ['system', 'a late system', 'consecutive users'],
};

describe.each(Object.keys(TEMPLATES) as TemplateName[])('the template %s', (template) => {
  test('refuses what it must, in chats and when it is tried, and nothing else', async () => {
    await start(template);
    for (const path of ['/v1/chat/completions', '/apply-template']) {
      const refused: string[] = [];
      for (const [name, messages] of Object.entries(TRANSCRIPTS)) {
        if ((await post(path, { messages })).status === 400) refused.push(name);
      }
      expect(refused).toEqual(REFUSED[template]);
    }
  });

  test('is in /props with its abilities', async () => {
    await start(template);
    const props = (await (await fetch(`${simulator?.url}/props`)).json()) as {
      chat_template: string;
      chat_template_caps: { supports_system_role: boolean };
    };
    expect(props.chat_template_caps.supports_system_role).toBe(TEMPLATES[template].takesSystem);
    expect(props.chat_template.includes('System role not supported')).toBe(!TEMPLATES[template].takesSystem);
    expect(props.chat_template.includes('must alternate')).toBe(!TEMPLATES[template].takesAnyOrder);
  });
});

test('a refusal has the words of the exception inside those of the server', async () => {
  await start('strict');
  const { body } = await post('/v1/chat/completions', { messages: [system, user], stream: true });
  expect(body).toEqual({
    error: {
      code: 400,
      message: expect.stringMatching(
        /^Unable to generate parser[\s\S]*\nError: Jinja Exception: System role not supported$/,
      ),
      type: 'invalid_request_error',
    },
  });
  expect((await post('/apply-template', { messages: [user, user] })).body).toMatchObject({
    error: {
      message: expect.stringContaining(
        'Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...',
      ),
    },
  });
});

test('the template can be changed while it runs', async () => {
  await start('any');
  expect((await post('/simulator/settings', { template: 'no-system' })).body).toMatchObject({ template: 'no-system' });
  expect((await post('/apply-template', { messages: [system, user] })).status).toBe(400);
  expect((await post('/simulator/settings', { template: 'odd' })).body).toMatchObject({
    error: { message: 'settings.template: expected any | no-system | alternating | strict' },
  });
});

describe('the prompt', () => {
  test('has every turn and begins the next one', async () => {
    await start('any');
    expect(await post('/apply-template', { messages: [system, { ...user, content: 'hi' }] })).toEqual({
      status: 200,
      body: {
        prompt: '<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
      },
    });
    expect((await post('/apply-template', { messages: [user], add_generation_prompt: false })).body.prompt).toMatch(
      /<\|im_end\|>\n$/,
    );
  });

  test('ends in a begun answer, which the model continues', () => {
    expect(renderPrompt('any', [user, assistant])).toMatch(/<\|im_start\|>assistant\nye$/);
    expect(renderPrompt('any', [user, assistant], false)).toMatch(/<\|im_start\|>assistant\nye$/);
  });

  test('of an answer that is begun with nothing does not ask for an answer, as with the real server', () => {
    expect(renderPrompt('any', [user, { ...assistant, content: '' }])).toMatch(/say: yes<\|im_end\|>\n$/);
  });

  test('needs messages', async () => {
    await start('any');
    expect(await post('/apply-template', {})).toMatchObject({
      status: 400,
      body: { error: { message: "'messages' is required" } },
    });
  });
});
