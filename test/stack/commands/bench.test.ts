/** `bench` as a person runs it: with real processes, on simulators that the test has. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../../agent/backend/simulator/server.ts';
import { readResults } from '../../../bench/results/read.ts';
import { workplace } from '../command.ts';
import { eventually } from '../eventually.ts';

/** Nobody listens on port 9 of this machine. */
const DOWN = 'http://127.0.0.1:9';

async function urlOfSimulator(tokensPerSecond = 1000): Promise<string> {
  const simulator = await startSimulator({ models: ['gemma3:latest'], ttftMs: 5, tokensPerSecond, slots: 1 });
  onTestFinished(() => simulator.close());
  return simulator.url;
}

const on = (one: string, other: string) => ['--collector-ollama-url', one, '--insight-ollama-url', other];

/** Whether a process of this id is there. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Each runs the command several times. */

describe('one configuration', () => {
  it('is measured, written and reported; its processes are gone afterwards; it goes on with --resume', async () => {
    const { run, folder } = workplace();
    const servers = on(await urlOfSimulator(), await urlOfSimulator());
    const given = ['bench', ...servers, '--scenario', 'chimera-homo', '--chimera-num-gpu', '-1', '--output-dir', 'out'];
    const ended = await run([...given, '--runs', '1']).ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.output).toMatch(/run 1: .* s for both at once, balance \d/);
    expect(ended.errors).toMatch(/run 1, solo a: \d.* left/);
    const out = join(folder, 'out');
    expect(readdirSync(out).sort()).toEqual(['report.html', 'report.md', 'run_1', 'summary.json', 'summary.md']);
    const [first] = readResults(out).runs;
    expect(first?.content).toMatchObject({
      scenario: 'chimera_homo',
      collector: { config: { options: { num_gpu: -1 } } },
    });
    const pids = first?.content.measurements.flatMap(({ agents }) => agents.map(({ process_id: pid }) => pid ?? 0));
    expect(new Set(pids).size).toBe(2);
    expect(pids?.filter(runs)).toEqual([]);

    expect(await run([...given, '--runs', '2']).ended).toMatchObject({
      code: 2,
      errors: expect.stringContaining('go on with --resume'),
    });
    expect(await run([...given, '--runs', '2', '--resume']).ended).toMatchObject({ code: 0 });
    expect(readResults(out).runs).toHaveLength(2);
  });

  it('that is interrupted leaves what is whole and ends with 130, and no process stays', async () => {
    const { run, folder } = workplace();
    const servers = on(await urlOfSimulator(200), await urlOfSimulator(200));
    const command = run(['bench', ...servers, '--runs', '50', '--design', 'legacy', '--output-dir', 'out']);
    await eventually(() => existsSync(join(folder, 'out/run_2/metrics.json')));
    command.process.kill('SIGINT');
    expect(await command.ended).toMatchObject({ code: 130, signal: null });
    const { runs: measured, summaries, problems } = readResults(join(folder, 'out'));
    expect(problems).toEqual([]);
    expect(measured.length).toBeGreaterThanOrEqual(2);
    expect(summaries[0]?.content).toMatchObject({ interrupted: true, runs_planned: 50 });
    const pids = measured.flatMap(({ content }) => content.measurements.flatMap(({ agents }) => agents));
    await eventually(() => pids.every(({ process_id: pid = 0 }) => !runs(pid)));
  });

  it('that is killed leaves no agent behind, and the next one removes its temporary folders', async () => {
    const { run, folder } = workplace();
    const servers = on(await urlOfSimulator(200), await urlOfSimulator(200));
    const given = ['bench', ...servers, '--runs', '50', '--design', 'legacy', '--output-dir', 'out'];
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const command = run(given, { TMPDIR: temporary });
    await eventually(() => command.errors().includes('run 1, concurrent: '));
    await eventually(() => existsSync(join(folder, 'out/run_1/metrics.json')));
    command.process.kill('SIGKILL');
    await command.ended;
    const metrics = JSON.parse(readFileSync(join(folder, 'out/run_1/metrics.json'), 'utf8'));
    const pids: number[] = metrics.measurements[0].agents.map((agent: { process_id: number }) => agent.process_id);
    expect(pids).toHaveLength(2);
    await eventually(() => pids.every((pid) => !runs(pid)));
    const left = () => readdirSync(temporary).filter((name) => /^interject-(bench|corpus)-/.test(name));
    expect(left()).toHaveLength(2);
    const next = [
      'bench',
      ...servers,
      '--runs',
      '1',
      '--design',
      'legacy',
      '--num-predict',
      '8',
      '--output-dir',
      'next',
    ];
    expect(await run(next, { TMPDIR: temporary }).ended).toMatchObject({ code: 0 });
    expect(left()).toEqual([]);
  });

  it('whose agent dies fails by name, and what was measured stays', async () => {
    const { run, folder } = workplace();
    const servers = on(await urlOfSimulator(200), await urlOfSimulator(200));
    const command = run(['bench', ...servers, '--runs', '50', '--design', 'legacy', '--output-dir', 'out']);
    await eventually(() => existsSync(join(folder, 'out/run_1/metrics.json')));
    const { agents } = readResults(join(folder, 'out')).runs[0]?.content.measurements[0] ?? {};
    process.kill(agents?.[1]?.process_id ?? Number.NaN, 'SIGKILL');
    expect(await command.ended).toMatchObject({
      code: 1,
      errors: expect.stringContaining('Agent b ended in the middle'),
    });
    expect(readResults(join(folder, 'out')).summaries[0]?.content.interrupted).toBe(true);
    expect(runs(agents?.[0]?.process_id ?? 0)).toBe(false);
  });

  it('with one server down is measured on the other, said and written; --strict fails', async () => {
    const { run, folder } = workplace();
    const url = await urlOfSimulator();
    const given = ['bench', ...on(url, DOWN), '--runs', '1', '--design', 'legacy', '--output-dir', 'out'];
    const strict = await run([...given, '--strict']).ended;
    expect(strict).toMatchObject({ code: 1, errors: expect.stringContaining('--strict asks for both') });
    const ended = await run(given).ended;
    expect(ended).toMatchObject({ code: 0, errors: expect.stringContaining(`no model server answers at ${DOWN}`) });
    expect(readResults(join(folder, 'out')).runs[0]?.content.fallback).toBe('one_server');
    const report = readFileSync(join(folder, 'out/report.md'), 'utf8');
    expect(report).toMatch(/^# .*\n\nFallen back to one server in 1 of 1 runs/);
  });

  it('with one server down and --fallback agent has one agent only; --strict fails all the same', async () => {
    const { run, folder } = workplace();
    const url = await urlOfSimulator();
    const given = ['bench', ...on(DOWN, url), '--runs', '2', '--fallback', 'agent', '--output-dir', 'out'];
    expect(await run([...given, '--strict']).ended).toMatchObject({ code: 1 });
    const ended = await run(given).ended;
    expect(ended).toMatchObject({ code: 0, errors: expect.stringContaining('only agent B works') });
    expect(ended.output).toMatch(/run 2: .* s, agent B alone: no speed-up and no balance/);
    const agents = readResults(join(folder, 'out')).runs.flatMap(({ content }) =>
      content.measurements.flatMap((one) => one.agents.map(({ agent }) => agent)),
    );
    expect(new Set(agents)).toEqual(new Set(['b']));
    expect(await run(['bench', 'analyze', 'out']).ended).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^# .*\n\nFallen back to one agent in 2 of 2 runs/),
    });
    expect(await run(['bench', 'scale', ...on(url, DOWN), '--fallback', 'agent']).ended).toMatchObject({ code: 2 });
  });
});

it('a sweep says how long it takes, measures what is missing, and takes the name of a configuration', async () => {
  const { run, folder } = workplace();
  const servers = on(await urlOfSimulator(), await urlOfSimulator());
  const given = ['bench', 'sweep', ...servers, '--design', 'legacy', '--runs', '1', '--output-dir', 'out'];
  const dry = await run([...given, '--dry-run', '--matrix', 'tr114']).ended;
  expect(dry).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^27 configurations, 27 runs .* at most about \d/),
  });
  expect(dry.errors).toMatch(/test003, test202: the servers run these with the same settings/);
  expect(existsSync(join(folder, 'out'))).toBe(false);
  expect(await run([...given, '--only', 'test011,test100']).ended).toMatchObject({ code: 0 });
  const read = readResults(join(folder, 'out')).runs.map(({ configuration }) => configuration);
  expect(read).toEqual(['chimera_hetero/test011', 'chimera_homo/test100']);
  const again = await run([...given, '--only', 'test011,test100', '--resume']).ended;
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing is left to do') });
});

it('more and more agents at once', async () => {
  const { run, folder } = workplace();
  const servers = on(await urlOfSimulator(), await urlOfSimulator());
  const ended = await run(['bench', 'scale', ...servers, '--agents', '3,1', '--runs', '1', '--output-dir', 'out'])
    .ended;
  expect(ended).toMatchObject({ code: 0, output: expect.stringMatching(/^1 agent: .*\n3 agents: /) });
  const [scaling] = readResults(join(folder, 'out')).scalings;
  const counted = scaling?.content.measurements.filter(({ kind }) => kind === 'concurrent');
  expect(counted?.map(({ agents }) => agents.map(({ agent }) => agent).join(''))).toEqual(['a', 'abc']);
  expect(ended.errors).toMatch(/run 1, 1 agent: /);
  // As the servers were with the model loaded.
  expect(scaling?.content.servers).toMatchObject([{ effective_context: 8192 }, { effective_context: 8192 }]);
});

it('a sweep and a scaling of which nothing is valid have failed, and say why', async () => {
  const { run, folder } = workplace();
  const servers = on(await urlOfSimulator(), await urlOfSimulator());
  const given = [...servers, '--model', 'missing', '--runs', '1', '--output-dir'];
  const sweep = await run(['bench', 'sweep', ...given, 'sweep', '--only', 'test011', '--design', 'legacy']).ended;
  expect(sweep).toMatchObject({ code: 1, output: expect.stringContaining('run 1: invalid (http_status)') });
  expect(await run(['bench', 'scale', ...given, 'scale', '--agents', '1,2']).ended).toMatchObject({ code: 1 });
  const report = readFileSync(join(folder, 'scale/report.md'), 'utf8');
  expect(report).toMatch(/parts are left out: 3 of 3 calls are invalid: 3 × the server refused the request/);
});

it.each([
  [['run', 'more'], /bench run takes no more/],
  [['swep'], /no action swep. Did you mean sweep\?/],
  [['--runs', '0'], /--runs: "0" is not a whole number from 1/],
  [['--scenario', 'chimera'], /--scenario: "chimera" is not known; use baseline_vs_chimera/],
  [['sweep', '--matrix', 'missing.json'], /--matrix: .*missing.json cannot be read/],
  [['scale', '--agents', '0,2'], /--agents: use numbers from 1/],
  [['--corpus', 'missing'], /--corpus: there is no folder/],
  [['--dry-run'], /bench run: --dry-run is for bench sweep\./],
  [['scale', '--only', 'test011'], /bench scale: --only is for bench sweep\./],
  [['sweep', '--compare', 'x'], /bench sweep: --compare is for bench analyze\./],
])('wrong usage: %j', async (given, message) => {
  const { run } = workplace();
  expect(await run(['bench', ...given]).ended).toMatchObject({ code: 2, errors: expect.stringMatching(message) });
});
