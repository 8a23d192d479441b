/** What the stack measures of itself, as Prometheus reads it: of a real stack, held against the table and the dashboard. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../supervisor/metrics/table.ts';
import { sayCoded, startStack } from '../running-stack.ts';

const DASHBOARD = readFileSync(new URL('../../../examples/grafana-dashboard.json', import.meta.url), 'utf8');

/** A sample's value by its name and labels, as they are written. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

async function busyStack() {
  const stack = await startStack({
    simulator: { tokensPerSecond: 300 },
    policies: [
      { use: 'error-keyword' },
      `{ name: 'throws', onMessage() { throw new Error('x') }, agents: ['analyst'] }`,
    ],
  });
  await stack.ask('say: one two three four');
  await stack.ask(sayCoded(`All is well. ERROR: not at all. ${'And more of it follows. '.repeat(30)}`));
  await stack.ask('say: hello', { agent: 'analyst' });
  return { stack, text: await stack.supervisor.metrics() };
}

describe('of a stack that answered, corrected and failed', () => {
  test('runs, model calls, tokens and interventions are counted as they are stored', async () => {
    const { stack, text } = await busyStack();
    const found = samples(text);
    const sum = (start: string): number =>
      [...found].filter(([name]) => name.startsWith(start)).reduce((total, [, value]) => total + value, 0);
    expect(found.get('agents_run_duration_seconds_count{agent="assistant",status="answered"}')).toBe(2);
    expect(found.get('agents_run_duration_seconds_count{agent="analyst",status="failed"}')).toBe(1);
    expect(found.get('agents_interventions_total{agent="assistant",policy="error-keyword",action="interject"}')).toBe(
      1,
    );
    expect(found.get('agents_policy_failures_total{policy="throws"}')).toBe(1);
    expect(found.get('agents_policy_verdicts_total{policy="error-keyword",action="interject"}')).toBe(1);
    const calls = 'gen_ai_client_operation_duration_seconds_count';
    expect(sum(`${calls}{agent="assistant",backend="simulator",outcome="finished"}`)).toBe(2);
    expect(sum(`${calls}{agent="assistant",backend="simulator",outcome="cut"}`)).toBe(1);
    const runs = stack.engine.bench.store.events.page({}, 0, 1000).filter(({ type }) => type === 'run-end');
    const tokens = runs.reduce((total, { run = '' }) => total + stack.supervisor.run(run).usage.completion_tokens, 0);
    const usage = 'gen_ai_client_token_usage_sum{agent="assistant",backend="simulator",gen_ai_token_type="output"}';
    expect(found.get(usage)).toBe(tokens);
    expect(found.get('agents_cut_seconds_count{agent="assistant"}')).toBe(1);
    expect(found.get('agents_backend_slots{backend="simulator"}')).toBe(4);
    expect(found.get('agents_inbox_depth{agent="assistant"}')).toBe(0);
  });

  test('text that is held back is measured until it is released', async () => {
    const holds = `{ name: 'holds', holdback: 'turn', onText() {} }`;
    const stack = await startStack({ policies: [holds], simulator: { tokensPerSecond: 50 } });
    await stack.ask('say: one two three four five six seven eight nine ten');
    const found = samples(await stack.supervisor.metrics());
    expect(found.get('agents_holdback_delay_seconds_count{agent="assistant"}')).toBe(1);
    expect(found.get('agents_holdback_delay_seconds_sum{agent="assistant"}')).toBeGreaterThan(0.02);
  });

  test('every metric of the table is there with its type, and no other', async () => {
    const { text } = await busyStack();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
    expect(Object.fromEntries(types)).toEqual(
      Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [name, type])),
    );
  });

  test('promtool finds nothing wrong with it', async ({ skip }) => {
    const { text } = await busyStack();
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    if (checked.error !== undefined) skip('promtool is not installed (it comes with prometheus)');
    expect({ status: checked.status, said: checked.stdout + checked.stderr }).toEqual({ status: 0, said: '' });
  });
});

test('the dashboard asks for metrics that there are', () => {
  const { panels } = JSON.parse(DASHBOARD) as { panels: { targets: { expr: string }[] }[] };
  const asked = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/\b(?:agents|gen_ai_client)_\w+/g) ?? []),
  );
  const base = asked.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
  expect(asked.length).toBeGreaterThan(10);
  expect(base.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
});
