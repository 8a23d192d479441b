/** What flags do on the way to a server: seen by a real one between the agents and the simulator. */
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResults } from '../../bench/results/read.ts';
import { runConfiguration } from '../../bench/run/configuration.ts';
import { ResultFolder } from '../../bench/run/result-folder.ts';
import { BENCH_OPTIONS, type BenchOptions } from '../../stack/commands/bench/options.ts';
import { settingsOf } from '../../stack/commands/bench/settings.ts';
import { readOwnOptions } from '../../stack/commands/declare.ts';
import { recordingServer } from './recording-server.ts';
import { folder, simulator, surroundingsOn } from './two-simulators.ts';

/** Runs once with these options of the command line; returns what each server was asked, and the file of the run. */
async function asked(
  given: Record<string, string | true>,
  { loadMs = 0, hides = undefined as string | undefined } = {},
) {
  const targets = [await simulator({ loadMs }), await simulator({ loadMs })];
  const servers = await Promise.all(targets.map(({ url }) => recordingServer(url, hides)));
  const [first, second] = servers.map(({ url }) => url);
  const surroundings = await surroundingsOn([first ?? '', second ?? '']);
  const all = { ...settingsOf(readOwnOptions(BENCH_OPTIONS, given) as BenchOptions), runs: 1 };
  const path = join(folder(), 'results');
  const corpus = all.corpus ?? surroundings.corpus;
  for (const server of servers) server.asked.length = 0;
  await runConfiguration(all, { ...surroundings, corpus }, ResultFolder.open(path, all, false));
  const run = readResults(path).runs[0]?.content;
  if (run === undefined) throw new Error('there is no run');
  const chats = servers.map((server) => server.asked.filter(({ path: to }) => /chat/.test(to)).map(({ body }) => body));
  return { run, servers, chats: [chats[0] ?? [], chats[1] ?? []] as const };
}

const LEGACY = { design: 'legacy' };
const CHIMERA = {
  ...{ chimeraNumGpu: '80', chimeraNumCtx: '1024', chimeraTemperature: '0.7', chimeraTopP: '0.9', chimeraTopK: '40' },
  ...{ chimeraRepeatPenalty: '1.1' },
};
const SENT = { num_gpu: 80, num_ctx: 1024, temperature: 0.7, top_p: 0.9, top_k: 40, repeat_penalty: 1.1 };

test('--chimera-…: the baseline gets none of them, the chimera agent all', async () => {
  const { chats } = await asked({ ...LEGACY, ...CHIMERA, numPredict: '16', seed: '7' });
  const common = { num_predict: 16, seed: 7 };
  expect(chats[0].map(({ options }) => options)).toEqual([common, common]);
  expect(chats[1].map(({ options }) => options)).toEqual([
    { ...SENT, ...common },
    { ...SENT, ...common },
  ]);
});

test('--scenario chimera_homo and chimera_hetero, --chimera2-…', async () => {
  const homo = await asked({ ...LEGACY, ...CHIMERA, scenario: 'chimera-homo' });
  expect(homo.chats.map(([call]) => call?.options)).toEqual([SENT, SENT]);
  const hetero = await asked({ ...LEGACY, ...CHIMERA, scenario: 'chimera_hetero', chimera2NumCtx: '2048' });
  expect(hetero.chats.map(([call]) => call?.options)).toEqual([SENT, { ...SENT, num_ctx: 2048 }]);
});

test('--design legacy sends no limit and no seed, sound 512 and 42; --num-predict limits answers', async () => {
  const { chats } = await asked(LEGACY);
  expect(chats[0][0]?.options ?? {}).toEqual({});
  const sound = await asked({});
  expect(sound.chats[0][0]?.options).toEqual({ num_predict: 512, seed: 42 });
  const { run } = await asked({ ...LEGACY, numPredict: '5' });
  expect(run.schedule.map(({ metrics }) => metrics?.tokens_generated)).toEqual([5, 5, 5, 5]);
});

test('--warmup: so many measurements that are not counted; 0: none', async () => {
  const kinds = async (warmup: string) =>
    (await asked({ ...LEGACY, warmup, numPredict: '4' })).run.measurements.map(({ kind }) => kind);
  expect(await kinds('2')).toEqual(['warm_up', 'warm_up', 'concurrent']);
  expect(await kinds('0')).toEqual(['concurrent']);
});

test('--workload v1: one call of each agent, and agent B has more to write', async () => {
  const { chats, run } = await asked({ ...LEGACY, workload: 'v1' });
  expect([chats[0].length, chats[1].length, run.workload]).toEqual([1, 1, 'v1']);
  const prompts = chats.map(([call]) => JSON.stringify(call?.messages));
  expect(prompts[0]).toContain('250 words');
  expect(prompts[1]).toMatch(/300.{1,8}400 words/);
});

test('--corpus: what is in the folder goes into the prompt', async () => {
  const corpus = folder();
  writeFileSync(join(corpus, 'my-measurements.csv'), 'a,b\n');
  utimesSync(join(corpus, 'my-measurements.csv'), 1_700_000_000, 1_700_000_000);
  const { chats } = await asked({ ...LEGACY, corpus, numPredict: '4' });
  expect(JSON.stringify(chats[0][0]?.messages)).toMatch(/Files: 1, 4 bytes.*my-measurements\.csv/);
});

test('--model is the one that is asked for', async () => {
  const { chats, run } = await asked({ ...LEGACY, model: 'another' });
  expect(chats[0][0]).toMatchObject({ model: 'another' });
  expect(run.schedule[0]?.invalid?.detail).toContain('another');
});

test('--unload-between: the model is unloaded before every measurement, and loaded anew by its first call', async () => {
  const given = { numPredict: '4', warmup: '0' };
  const loadMs = 200;
  // Half of a load tells one from none: a timer may fire a millisecond early, and a busy machine answers late.
  const loads = ({ schedule }: Awaited<ReturnType<typeof asked>>['run']) =>
    schedule.filter(({ metrics }) => (metrics?.load_duration_ms ?? 0) > loadMs / 2).length;
  const { run, servers } = await asked({ ...given, unloadBetween: true }, { loadMs });
  for (const { asked: all } of servers) {
    const unloads = all.filter(({ path, body }) => path === '/api/generate' && body.keep_alive === 0);
    expect(unloads).toHaveLength(run.measurements.length);
  }
  // Alone, one after the other and at once: one load of each agent in each.
  expect([run.measurements.length, loads(run)]).toEqual([4, 6]);
  const without = await asked(given, { loadMs });
  expect(without.servers.flatMap(({ asked: all }) => all.filter(({ path }) => path === '/api/generate'))).toEqual([]);
  expect(loads(without.run)).toBe(2);
});

test('a llama-server is asked in its own way, and --unload-between does nothing to it', async () => {
  const { run, servers } = await asked({ ...LEGACY, unloadBetween: true, numPredict: '6' }, { hides: '/api/' });
  expect(new Set(servers.flatMap(({ asked: all }) => all.map(({ path }) => path)))).toEqual(
    new Set(['/v1/chat/completions']),
  );
  expect(run.servers.map(({ kind }) => kind)).toEqual(['llama-server', 'llama-server']);
  expect(run.schedule.map(({ metrics }) => metrics?.tokens_generated)).toEqual([6, 6, 6, 6]);
  expect(run.summary.efficiency_percent).toBeGreaterThan(0);
});
