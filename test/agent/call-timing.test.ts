/** What a turn's end tells of its times, and the server's own figures, from both kinds of servers. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BackendDefinition } from '../../agent/backend/backend.ts';
import { createBackend } from '../../agent/backend/registry.ts';
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import type { FromAgent, TurnEnd, TurnStart } from '../../agent/bus/messages.ts';
import { machineClockMs } from '../../agent/call-timing.ts';
import { OpenTurn } from '../../agent/open-turn.ts';

const turnStart = (content: string): TurnStart => ({
  ...{ type: 'turn-start', turn: 't1', run: 'r1', backend: 'b', model: 'simulator', options: {} },
  messages: [{ role: 'user', content }],
});

async function run(
  kind: BackendDefinition['kind'],
  content: string,
  more: Partial<BackendDefinition> = {},
): Promise<TurnEnd> {
  const simulator = await startSimulator({ ttftMs: 20, tokensPerSecond: 1000 });
  onTestFinished(() => simulator.close());
  const told: FromAgent[] = [];
  const turn = new OpenTurn(turnStart(content), (message) => {
    told.push(message);
    return undefined;
  });
  return turn.run(createBackend({ name: 'b', kind, url: simulator.url, ...more }), turnStart(content));
}

describe.each(['ollama', 'openai'] as const)('%s', (kind) => {
  test('the times come in order, on the clock of this machine', async () => {
    const before = machineClockMs();
    const { timing } = await run(kind, `say: ${'one two three four '.repeat(8)}`);
    const after = machineClockMs();
    if (timing === undefined) throw new Error('no timing');
    const { sentMs = Number.NaN, acceptedMs = Number.NaN, firstTextMs = Number.NaN, endMs, clockMs } = timing;
    const times = [0, sentMs, acceptedMs, firstTextMs, endMs];
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(firstTextMs - sentMs).toBeGreaterThan(19);
    expect(clockMs).toBeGreaterThanOrEqual(before);
    expect(clockMs + endMs).toBeLessThanOrEqual(after);
    expect(timing.largestReadBytes).toBeGreaterThan(0);
  });

  test('the figures of the server', async () => {
    const { figures, usage } = await run(kind, `say: ${'one two three four '.repeat(8)}`);
    expect(figures).toMatchObject({ answerTokens: usage?.completionTokens, promptTokens: usage?.promptTokens });
    expect(figures?.promptEvalMs).toBeGreaterThan(15);
    expect(figures?.evalMs).toBeGreaterThan(0);
    if (kind === 'ollama') expect(figures).toMatchObject({ doneReason: 'stop', totalMs: expect.any(Number) });
  });

  test('a call that breaks off has its end, and no figures', async () => {
    const end = await run(kind, 'fault: truncate 2\nsay: one two three four');
    expect(end).toMatchObject({ outcome: 'failed', errorCode: 'backend_truncated' });
    expect(end.timing?.endMs).toBeGreaterThan(end.timing?.firstTextMs ?? Number.POSITIVE_INFINITY);
    expect(end).not.toHaveProperty('figures');
  });

  test('reads are cut to the size that was asked for, and nothing is lost', async () => {
    const text = 'many words in one read '.repeat(400).trim();
    const whole = await run(kind, `say: ${text}`);
    const cut = await run(kind, `say: ${text}`, { readBytes: 100 });
    expect(cut.timing?.largestReadBytes).toBe(100);
    expect(whole.timing?.largestReadBytes).toBeGreaterThan(100);
    expect(cut).toMatchObject({ outcome: 'finished', textLength: text.length });
  });
});
