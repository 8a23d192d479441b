/** What a benchmark that is killed leaves behind: its simulators end themselves, its folders are removed by the next one. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { removeFolder, temporaryFolder } from '../../bench/temporary-folder.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { eventually } from '../stack/eventually.ts';
import { folder } from './two-simulators.ts';

afterEach(() => vi.unstubAllEnvs());

test('folders of a process that is gone are removed; those of one that runs, and strange ones, stay', () => {
  const place = folder();
  vi.stubEnv('TMPDIR', place);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const made = (name: string, owner?: object): string => {
    const path = join(place, name);
    mkdirSync(path);
    if (owner !== undefined) writeFileSync(join(path, 'made-by'), JSON.stringify(owner));
    return path;
  };
  const own = temporaryFolder('bus');
  const gone = made('interject-bench-gone', { pid: dead, start_time: 1 });
  // Its number is another process's now.
  const reused = made('interject-corpus-reused', { pid: process.pid, start_time: 1 });
  const strange = made('interject-bench-strange');
  const others = made('something-else', { pid: dead, start_time: 1 });
  const second = temporaryFolder('corpus');
  expect([gone, reused].filter((path) => existsSync(path))).toEqual([]);
  expect([own, second, strange, others].filter((path) => !existsSync(path))).toEqual([]);
  expect([basename(own), basename(second)]).toEqual([
    expect.stringMatching(/^interject-bench-\w{6}$/),
    expect.stringMatching(/^interject-corpus-\w{6}$/),
  ]);
  removeFolder(own);
  expect(existsSync(own)).toBe(false);
});

test('simulators end when the benchmark that started them is killed', async () => {
  const module = join(PROJECT_ROOT, 'bench/model-servers/simulators.ts');
  const program = `import { startSimulators } from ${JSON.stringify(module)};
const { urls } = await startSimulators(2, { models: ['m'] });
console.log(JSON.stringify(urls));
setInterval(() => {}, 1000);`;
  const given = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
  const bench = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder() });
  onTestFinished(() => void bench.kill('SIGKILL'));
  const [line] = await once(bench.stdout, 'data');
  const urls: string[] = JSON.parse(String(line));
  const answers = (url: string) => fetch(`${url}/api/version`).then(Boolean, () => false);
  expect(await Promise.all(urls.map(answers))).toEqual([true, true]);
  bench.kill('SIGKILL');
  await once(bench, 'exit');
  await eventually(async () => !(await Promise.all(urls.map(answers))).some(Boolean));
});
