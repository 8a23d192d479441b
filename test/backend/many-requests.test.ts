/**
 * Thousands of calls, one after the other, on a server that announces keep-alive and closes the connection after each reply:
 * none may fail. INTERJECT_TEST_REQUESTS says how many; a few hundred by default.
 */
import { afterEach, expect, test } from 'vitest';
import { createBackend } from '../../agent/backend/registry.ts';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import { exchangeRaw, parseReply } from './captures.ts';
import { asking, collect, definitionOf, never, textIn } from './collect.ts';

const REQUESTS = Number(process.env.INTERJECT_TEST_REQUESTS ?? 300);
const TIMEOUT_MS = 60_000 + 100 * REQUESTS;

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

async function start(): Promise<string> {
  simulator = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, models: ['tiny'] });
  return simulator.url;
}

test('the server announces keep-alive and closes', async () => {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'say: hello' }], stream: true });
  const reply = await exchangeRaw(await start(), 'POST', '/v1/chat/completions', body, 'Connection: keep-alive');
  const headers = parseReply(reply).headers.map(([name, value]) => `${name}: ${value}`.toLowerCase());
  expect(headers).toContainEqual(expect.stringMatching(/^keep-alive: /));
  expect(headers).not.toContain('connection: close');
});

test.each(['openai', 'ollama'] as const)(
  `${REQUESTS} calls of %s without an error`,
  async (kind) => {
    const backend = createBackend(definitionOf(await start(), { kind }), {});
    for (let count = 0; count < REQUESTS; count++) {
      const { parts, error } = await collect(backend.stream(asking(`say: answer ${count}`), never()));
      expect(error, `call ${count}`).toBeUndefined();
      expect(textIn(parts)).toBe(`answer ${count}`);
    }
  },
  TIMEOUT_MS,
);
