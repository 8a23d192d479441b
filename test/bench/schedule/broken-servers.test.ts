/** Calls to servers that break: invalid, counted, named; the sweep goes on, and nothing of them is averaged in. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FaultKind } from '../../../agent/backend/simulator/faults.ts';
import { runConfiguration } from '../../../bench/run/configuration.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import type { RunSettings } from '../../../bench/run/settings.ts';
import { folder, settings, simulator, surroundingsOn } from '../two-simulators.ts';

/** Runs twice; `between`: told after the first run. */
async function run(urls: [string, string], given: Partial<RunSettings>, between: () => void = () => {}) {
  const surroundings = await surroundingsOn(urls);
  const all = settings({ runs: 2, design: 'legacy', ...given });
  const results = ResultFolder.open(join(folder(), 'results'), all, false);
  let ended = 0;
  surroundings.progress.ended = () => {
    ended++;
    if (ended === 1) between();
  };
  await runConfiguration(all, surroundings, results);
  return results.runs;
}

async function runsWithFault(kind: FaultKind, given: Partial<RunSettings> = {}) {
  const whole = await simulator();
  const broken = await simulator({ fault: { kind } });
  return run([whole.url, broken.url], given, () => broken.change({ fault: null }));
}

describe('the first run is invalid, with a reason, and the second one counts', () => {
  test.each([
    ['error-line', 'error_line', 'reported'],
    ['truncate', 'no_done_line', 'ended without'],
    ['garbage', 'error_line', 'not part of an answer'],
    ['503', 'http_status', 'the server answered 503'],
  ] as const)('%s', async (kind, reason, detail) => {
    const [first, second] = await runsWithFault(kind);
    const invalid = first?.schedule.filter((call) => call.invalid !== undefined);
    expect(invalid?.map(({ agent, stage }) => [agent, stage])).toEqual([['b', 'analysis']]);
    expect(invalid?.[0]?.invalid).toMatchObject({ reason, detail: expect.stringContaining(detail) });
    expect(first?.summary.efficiency_percent).toBeUndefined();
    expect(first?.insight.result?.individual_runs).toEqual([]);
    expect(first?.collector.result?.individual_runs).toHaveLength(2);
    expect(second?.summary.efficiency_percent).toBeGreaterThan(0);
  });

  test('nothing comes any more: the call is given up after its time', async () => {
    const [first, second] = await runsWithFault('hang', { timeout_s: 0.5 });
    expect(first?.schedule.map((call) => call.invalid?.reason)).toContain('timeout');
    expect(first?.summary.efficiency_percent).toBeUndefined();
    expect(second?.summary.efficiency_percent).toBeGreaterThan(0);
  });
});

test('a model that is not there', async () => {
  const server = await simulator();
  const [first] = await run([server.url, server.url], { model: 'missing' });
  const reasons = first?.schedule.map((call) => call.invalid);
  expect(reasons).toHaveLength(2);
  expect(reasons?.[0]).toMatchObject({ reason: 'http_status', detail: expect.stringContaining('missing') });
});

test('an answer that goes round in circles is cut off', async () => {
  const whole = await simulator();
  const [first] = await run([whole.url, await circlingServer()], { runs: 1 });
  const call = first?.schedule.find((one) => one.agent === 'b');
  expect(call?.invalid).toMatchObject({ reason: 'runaway', detail: expect.stringContaining('times') });
  expect(first?.insight.result?.llm_calls).toHaveLength(1);
});

/** Speaks like Ollama and never comes to an end. */
async function circlingServer(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url !== '/api/chat') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ version: '0.12.6', models: [] }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const line = JSON.stringify({
      message: { content: 'the throughput is what the throughput is, so that ' },
      done: false,
    });
    const timer = setInterval(() => response.write(`${line}\n`), 1);
    response.once('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
