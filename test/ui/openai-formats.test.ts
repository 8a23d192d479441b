/** `response_format`, asked for with the real `openai` package: what reaches which model server, and what is refused by name. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { BadRequestError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import { type ServedStack, serveStack } from './served-stack.ts';

type Options = Parameters<typeof serveStack>[0];

async function serve(options: Options = {}): Promise<ServedStack & { openai: OpenAI }> {
  const served = await serveStack(options);
  const { url, token } = served.client.door;
  return { ...served, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }) };
}

const ask = { model: 'assistant', messages: [{ role: 'user' as const, content: 'Is that DRIFT?' }] };

const Verdict = z.object({ verdict: z.enum(['ok', 'drift']), sure: z.number() });
const SCHEMA = { type: 'object', properties: { verdict: { type: 'string', enum: ['ok', 'drift'] } } };
const format = (json_schema: object) => ({ response_format: { type: 'json_schema', json_schema } }) as object;

async function ollama(): Promise<{ simulator: Simulator; backend: NonNullable<Options>['backend'] & object }> {
  const simulator = await startSimulator({ ttftMs: 1, tokensPerSecond: 0 });
  onTestFinished(() => simulator.close());
  return { simulator, backend: { name: 'ollama', kind: 'ollama', url: simulator.url } };
}

describe('an answer in a format', () => {
  test('that a schema of zod describes is parsed; llama-server is asked as the caller asked', async () => {
    const { openai, stack } = await serve();
    const response_format = zodResponseFormat(Verdict, 'verdict');
    const { choices } = await openai.chat.completions.parse({ ...ask, response_format });
    expect(choices[0]?.message.parsed).toEqual({ verdict: 'drift', sure: 0 });
    expect(stack.calls().map((call) => call.format)).toEqual([response_format]);
  });

  test('streams, also where answers go on after a cut: a grammar begins anew, so the answer does', async () => {
    const { openai, stack } = await serve({ agents: [{ name: 'assistant', resume: 'continue' }] });
    const stream = openai.chat.completions.stream({ ...ask, ...format({ name: 'v', schema: SCHEMA }) });
    const [choice] = (await stream.finalChatCompletion()).choices;
    expect(JSON.parse(choice?.message.content ?? '')).toEqual({ verdict: 'drift' });
    // Not asked to be strict or not: the server decides.
    const asked = { type: 'json_schema', json_schema: { name: 'v', schema: SCHEMA } };
    expect(stack.calls().map((call) => call.format)).toEqual([asked]);
  });

  test('after a correction it is asked for again', async () => {
    const policy = `{ name: 'no-drift', onText: ({ text, turn }) =>
      turn === 1 && text.includes('drift') ? { action: 'interject', text: 'Say ok.' } : undefined }`;
    const { openai, stack } = await serve({
      policies: [policy],
      agents: [{ name: 'assistant', resume: 'continue' }],
    });
    const reply = await openai.chat.completions.create({ ...ask, ...format({ name: 'v', schema: SCHEMA }) });
    expect(JSON.parse(reply.choices[0]?.message.content ?? '')).toEqual({ verdict: 'drift' });
    expect(stack.calls()).toHaveLength(2);
    expect(stack.calls()[1]?.format).toEqual(stack.calls()[0]?.format);
    const notices = (await stack.eventsUntil({}, ({ type }) => type === 'run-end')).filter(
      ({ type }) => type === 'notice',
    );
    expect(notices).toEqual([]);
  });

  test('of any JSON object; of none when text is asked for', async () => {
    const { openai, stack } = await serve();
    const reply = await openai.chat.completions.create({ ...ask, response_format: { type: 'json_object' } });
    expect(JSON.parse(reply.choices[0]?.message.content ?? '')).toBeTypeOf('object');
    await openai.chat.completions.create({ ...ask, response_format: { type: 'text' } });
    expect(stack.calls().map((call) => call.format)).toEqual([{ type: 'json_object' }, undefined]);
  });

  test('Ollama is asked in its own words', async () => {
    const { simulator, backend } = await ollama();
    const { openai } = await serve({ backend });
    const { choices } = await openai.chat.completions.create({ ...ask, ...format({ name: 'v', schema: SCHEMA }) });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ verdict: 'drift' });
    await openai.chat.completions.create({ ...ask, response_format: { type: 'json_object' } });
    expect(simulator.requests().map((call) => call.format)).toEqual([SCHEMA, 'json']);
  });
});

describe('what cannot be had is refused by name', () => {
  const deep = (levels: number): object => JSON.parse(`${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}`);
  const wide = { type: 'object', description: 'x'.repeat(70_000) };
  const place = 'response_format.json_schema';

  test.each<[string, object, string, RegExp]>([
    [
      'another type',
      { response_format: { type: 'grammar' } },
      'response_format.type',
      /use text, json_object or json_schema/,
    ],
    ['no type', { response_format: {} }, 'response_format.type', /json_schema/],
    ['no object', { response_format: 'json' }, 'response_format', /./],
    [
      'a schema that is a text',
      format({ name: 'v', schema: '{}' }),
      `${place}.schema`,
      /JSON Schema, which is an object/,
    ],
    [
      'a schema that is a list',
      format({ name: 'v', schema: [] }),
      `${place}.schema`,
      /JSON Schema, which is an object/,
    ],
    ['no schema', format({ name: 'v' }), `${place}.schema`, /JSON Schema/],
    [
      'a schema that is too long',
      format({ name: 'v', schema: wide }),
      `${place}.schema`,
      /longer than 65536 characters/,
    ],
    ['a schema that is too deep', format({ name: 'v', schema: deep(65) }), `${place}.schema`, /deeper than 64/],
    ['a name with spaces', format({ name: 'a b', schema: {} }), `${place}.name`, /letters, digits/],
    [
      'a schema beside json_object',
      { response_format: { type: 'json_object', schema: {} } },
      'response_format',
      /schema/,
    ],
  ])('%s', async (_, more, param, message) => {
    const { openai, stack } = await serve();
    const refused = openai.chat.completions.create({ ...ask, ...more });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
    await expect(refused).rejects.toMatchObject({
      param,
      type: 'invalid_request_error',
      message: expect.stringMatching(message),
    });
    expect(stack.calls()).toEqual([]);
  });

  test('a schema that nobody could write as JSON again', async () => {
    const { client, stack } = await serve();
    const levels = 100_000;
    const schema = `${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}`;
    const body = JSON.stringify({ ...ask, ...format({ name: 'v', schema: 'HERE' }) }).replace('"HERE"', schema);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${client.door.token}` };
    const reply = await fetch(`${client.door.url}/v1/chat/completions`, { method: 'POST', headers, body });
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { param: `${place}.schema` } }]);
    expect(stack.calls()).toEqual([]);
  });

  test('a depth that is allowed', async () => {
    const { openai } = await serve();
    const reply = await openai.chat.completions.create({ ...ask, ...format({ name: 'v', schema: deep(63) }) });
    expect(reply.choices[0]?.message.content).toBe('{}');
  });

  test('a schema for an Ollama that knows none', async () => {
    const url = await server({ '/api/version': { version: '0.4.7' }, '/api/tags': { models: [{ name: 'm:latest' }] } });
    const { openai, stack } = await serve({ backend: { name: 'old', kind: 'ollama', url } });
    const refused = openai.chat.completions.create({ ...ask, ...format({ name: 'v', schema: SCHEMA }) });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_option',
      param: 'response_format',
      message: expect.stringContaining('old is Ollama 0.4.7'),
    });
    expect(stack.engine.bench.runs.all()).toEqual([]);
  });

  test.each([
    ['a schema', { ...format({ name: 'v', schema: SCHEMA }) }, 400, 'unsupported_option', 'response_format'],
    ['nothing of the kind', {}, 502, 'backend_failed', 'backend_refused'],
  ])('what a model server says of %s', async (_, more, status, code, param) => {
    const url = await server({ '/v1/models': { data: [{ id: 'm' }] } }, 'JSON schema error at #/a: unsupported $ref');
    const { openai } = await serve({ backend: { name: 'other', kind: 'openai', url } });
    const refused = openai.chat.completions.create({ ...ask, ...more });
    await expect(refused).rejects.toMatchObject({ status, code, param, message: expect.stringContaining('$ref') });
  });
});

/** A model server that says this of itself and refuses everything else. */
async function server(said: Record<string, object>, refusal = 'no'): Promise<string> {
  const one = createServer((request, response) => {
    const body = said[request.url ?? ''];
    const error = { error: { code: 400, message: refusal, type: 'invalid_request_error' } };
    const status = body === undefined ? 400 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? error));
  });
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    one.close();
    one.closeAllConnections();
  });
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}
