/** What detection finds is what a stack, started as a person does it, talks to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { workplace } from './command.ts';
import { eventually } from './eventually.ts';

const UNNAMED = { INTERJECT_BACKEND: '' };

async function simulator() {
  const server = await startSimulator({ ttftMs: 1, tokensPerSecond: 0, models: ['tiny'] });
  onTestFinished(() => server.close());
  return server;
}

async function ask(url: string, content: string): Promise<unknown> {
  await eventually(async () => (await fetch(`${url}/readyz`)).status === 200);
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ content }) };
  return (await fetch(`${url}/chat/assistant`, init)).json();
}

describe('a stack whose model server nobody named', () => {
  it('uses the one that is found, and says how it was found', async () => {
    const model = await simulator();
    const { start, url, processes } = workplace();
    const stack = await start([], { ...UNNAMED, OPENAI_BASE_URL: `${model.url}/v1` });
    expect(stack.output()).toContain(`simulator at ${model.url} (found: OPENAI_BASE_URL), model tiny, 4 slots\n`);
    expect(processes().map(({ kind }) => kind)).not.toContain('model');
    expect(await ask(url(), 'say: found')).toMatchObject({ status: 'answered', content: 'found' });
    expect(model.requests()).toHaveLength(1);
  });

  it('speaks to an Ollama as Ollama, wherever OLLAMA_HOST says that it is', async () => {
    const model = await simulator();
    const { start, url } = workplace();
    const stack = await start([], { ...UNNAMED, OLLAMA_HOST: `0.0.0.0:${model.port}` });
    expect(stack.output()).toContain(`ollama at ${model.url} (found: OLLAMA_HOST), model tiny`);
    expect(await ask(url(), 'say: found')).toMatchObject({ status: 'answered', content: 'found' });
  });
});

it('agents talk to the servers that the configuration names for them', async () => {
  const [left, right] = [await simulator(), await simulator()];
  const { start, folder, url } = workplace();
  writeFileSync(
    join(folder, 'agents.config.json'),
    JSON.stringify({
      agents: [{ name: 'critic', backend: 'right' }, { name: 'assistant' }],
      backends: [
        { name: 'left', url: left.url, gpuGroup: 'card' },
        { name: 'right', url: right.url, gpuGroup: 'card' },
      ],
      gpuGroups: { card: 2 },
    }),
  );
  const stack = await start([], { OLLAMA_HOST: 'gpu.example.org' });
  expect(stack.output()).toContain(`left at ${left.url} (agents.config.json), OpenAI-compatible; agents assistant\n`);
  expect(stack.output()).toContain(`right at ${right.url} (agents.config.json), OpenAI-compatible; agents critic\n`);
  expect(stack.output()).not.toContain('OLLAMA_HOST');
  await ask(url(), 'say: left');
  expect([left.requests().length, right.requests().length]).toEqual([1, 0]);
});
