/** `simulate` with real processes. */
import { expect, it } from 'vitest';
import { workplace } from '../command.ts';
import { eventually } from '../eventually.ts';

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;

it('speaks as a model server, says no more than where, and ends cleanly', async () => {
  const { run } = workplace();
  const given = ['--slots', '1', '--seed', '7', '--context', '512', '--model', 'made-up', '--ttft-ms', '0'];
  const command = run(['simulate', '--port', '0', '--tokens-per-second', '0', ...given]);
  await eventually(() => command.output().includes('Ctrl-C\n'));
  const [url] = ADDRESS.exec(command.output()) ?? [];
  expect(command.output()).toContain("llama-server's and Ollama's HTTP");
  const props = (await (await fetch(`${url}/props`)).json()) as Record<string, unknown>;
  expect(props).toMatchObject({ total_slots: 1, model_alias: 'made-up', default_generation_settings: { n_ctx: 512 } });
  const body = JSON.stringify({ model: 'made-up', messages: [{ role: 'user', content: 'say: here I am' }] });
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(await reply.text()).toContain('here I am');
  const said = command.output();

  const second = await run(['simulate', '--port', new URL(url ?? '').port]).ended;
  expect(second).toMatchObject({ code: 1, output: '' });
  expect(second.errors).toMatch(/^interject: Port \d+ on 127\.0\.0\.1 is in use by another program\..*--port/);

  command.process.kill('SIGINT');
  expect(await command.ended).toEqual({ code: 130, signal: null, output: said, errors: '' });
});

it('ends cleanly on SIGTERM while somebody is being answered', async () => {
  const { run } = workplace();
  const command = run(['simulate', '--port', '0', '--tokens-per-second', '1']);
  await eventually(() => ADDRESS.test(command.output()));
  const [url] = ADDRESS.exec(command.output()) ?? [];
  const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'say: a b c d e f g' }] });
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
  expect(reply.status).toBe(200);
  reply.text().catch(() => {});
  command.process.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ code: 0, signal: null, errors: '' });
});
