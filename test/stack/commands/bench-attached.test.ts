/** `bench` with backends of a running stack, with real processes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../../agent/backend/simulator/server.ts';
import { readResults } from '../../../bench/results/read.ts';
import type { BenchmarkView } from '../../../supervisor/benchmarks/views.ts';
import { workplace } from '../command.ts';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { piped } from './piped.ts';

const ON_BOTH = ['--collector-backend', 'one', '--insight-backend', 'two'];

/** A folder whose stack has two model servers. */
async function placeWithTwo() {
  const place = workplace();
  const backends: object[] = [];
  for (const name of ['one', 'two']) {
    const simulator = await startSimulator({ ttftMs: 5, tokensPerSecond: 500, slots: 1 });
    onTestFinished(() => simulator.close());
    backends.push({ name, url: simulator.url });
  }
  const configuration = { agents: [{ name: 'assistant' }], backends };
  writeFileSync(join(place.folder, 'agents.config.ts'), `export default ${JSON.stringify(configuration)};`);
  return place;
}

describe('what cannot be asked', () => {
  it.each([
    [['--collector-backend', 'one'], '--collector-backend and --insight-backend go together'],
    [['--collector-backend', 'http://x', '--insight-backend', 'two'], 'use the name of a backend of the stack'],
    [[...ON_BOTH, '--collector-ollama-url', 'http://x'], '--collector-ollama-url: not with backends of a stack'],
    [[...ON_BOTH, '--output-dir', 'out'], '--output-dir: not with backends of a stack: the files go into the data'],
    [[...ON_BOTH, '--corpus', '.'], '--corpus: not with backends of a stack'],
    [[...ON_BOTH, '--unload-between'], '--unload-between: not with backends of a stack: others use'],
    [[...ON_BOTH, '--stagger-ms', '5'], '--stagger-ms: not with backends of a stack'],
    [[...ON_BOTH, '--resume'], '--resume: not with backends of a stack'],
    [['sweep', ...ON_BOTH], 'bench sweep: --collector-backend and --insight-backend are for bench run'],
    [['--data', 'x'], '--data is for a benchmark inside a stack'],
  ])('%j is refused in words', async (given, words) => {
    const { code, output, errors } = await piped(temporaryFolder(), ['bench', ...given]).ended;
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(words);
  });

  it('nothing without a running stack', async () => {
    const { code, errors } = await piped(temporaryFolder(), ['bench', ...ON_BOTH]).ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/No stack runs with the data folder \S+\. Start one, or say which with --data\./);
  });
});

describe('with a running stack', () => {
  it('shows how far it is and what came of it; what the stack refuses is said', async () => {
    const place = await placeWithTwo();
    await place.start();
    const given = ['--runs', '1', '--num-predict', '40', '--scenario', 'chimera-homo'];
    const ended = await place.run(['bench', ...ON_BOTH, ...given]).ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.errors).toMatch(/benchmark \w+ in the stack at http:\S+; chats go first/);
    expect(ended.errors).toMatch(/run 1, solo a: \d.* left/);
    expect(ended.output).toMatch(/^run 1: .* s for both at once, balance \d.*\nFiles: \S+benchmarks\/\w+\n$/);
    const [, folder = ''] = /Files: (\S+)/.exec(ended.output) ?? [];
    expect(readResults(folder).runs[0]?.content).toMatchObject({ scenario: 'chimera_homo', num_predict: 40 });
    const unknown = await place.run(['bench', '--collector-backend', 'one', '--insight-backend', 'three']).ended;
    expect(unknown).toMatchObject({ code: 1, output: '' });
    expect(unknown.errors).toContain('The stack refuses: There is no such backend. Known are one, two; not three.');
  });

  it('Ctrl-C stops the benchmark, and says what there is', async () => {
    const place = await placeWithTwo();
    await place.start();
    const given = ['--runs', '500', '--design', 'legacy', '--num-predict', '40', '--chimera-top-k', '40'];
    const command = place.run(['bench', ...ON_BOTH, ...given]);
    await eventually(() => command.errors().includes('run 2, concurrent: '));
    const meanwhile = (await place.run(['--status']).ended).output;
    expect(meanwhile).toMatch(/^benchmark \w{16} is measured: \d+ of 500 runs done, about \d.*left$/m);
    command.process.kill('SIGINT');
    const { code, output, errors } = await command.ended;
    expect(code).toBe(130);
    expect(output).toMatch(/^run 1: .*\n(run .*\n)*Files: \S+\n$/);
    const [, id] = /benchmark (\w+) is being stopped/.exec(errors) ?? [];
    const view = (await (await fetch(`${place.url()}/benchmarks/${id}`)).json()) as BenchmarkView;
    expect(view).toMatchObject({ state: 'stopped', runs: 500 });
    expect(readResults(view.folder).summaries[0]?.content.interrupted).toBe(true);
    expect((await place.run(['--status']).ended).output).not.toContain('benchmark');
  });
});
