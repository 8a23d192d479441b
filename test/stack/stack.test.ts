import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLocked } from '../../stack/lock.ts';
import { isAlive } from '../../stack/process-identity.ts';
import { workplace } from './command.ts';
import { eventually } from './eventually.ts';

describe('a stack', () => {
  it('starts, says what it is, answers, shows its status and stops without a trace', async () => {
    const { start, run, data, pidFile, processes, survivors, url } = workplace();
    const stack = await start();
    const kinds = processes().map(({ kind, id }) => `${kind} ${id}`);
    expect(kinds.sort()).toEqual([
      'agent analyst',
      'agent assistant',
      'init init',
      'model simulator',
      'supervisor supervisor',
    ]);
    expect(processes().filter((one) => !isAlive(one))).toEqual([]);
    expect(processes()[0]?.pid).toBe(stack.process.pid);
    expect(statSync(pidFile).mode & 0o777).toBe(0o600);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    const token = readFileSync(join(data, 'token'), 'utf8').trim();
    expect(stack.output()).toContain(`${url()}/#token=${token}\n`);
    expect(stack.output()).toMatch(/agents +assistant, analyst\n/);
    expect(stack.output()).toMatch(/backend +the built-in simulator .*: no language model/);
    expect(stack.output()).toContain('npx tsx run.ts --backend http://127.0.0.1:8080');
    expect(stack.output()).toMatch(/policies +error-keyword/);
    expect(stack.output()).toContain(data);
    expect(stack.output()).not.toContain('\u001b');
    await eventually(async () => (await fetch(`${url()}/readyz`)).status === 200);

    const status = await run(['--status']).ended;
    expect(status.code).toBe(0);
    for (const { pid } of processes()) expect(status.output).toMatch(new RegExp(` ${pid} +\\d+\\.\\d MB\n`));
    expect(status.output).toMatch(/assistant +\w+ +0 queued, 0 running +simulator/);
    expect(status.output).toMatch(/simulator +up +http/);
    expect(status.output).toMatch(/error-keyword +built-in +in force +none +0\n/);
    expect(status.output).not.toContain(token);

    const second = await run(['--port', '0']).ended;
    expect(second).toMatchObject({ code: 1, output: '' });
    expect(second.errors).toContain(`data folder ${data} runs already as process ${stack.process.pid}, at ${url()}`);

    const stop = await run(['--stop']).ended;
    expect(stop).toMatchObject({ code: 0, errors: '' });
    expect(stop.output).toContain('Stopped.');
    expect(await stack.ended).toMatchObject({ code: 0, errors: '' });
    expect(survivors()).toEqual([]);
    const names = ['hash-key', 'interject.db', 'interject.log', 'lock.db', 'policies', 'token'];
    expect(readdirSync(data).sort()).toEqual(names);
    expect(readFileSync(join(data, 'interject.log'), 'utf8')).not.toContain(token);
    expect((await run(['--status']).ended).code).toBe(3);
  });

  it.each([
    ['SIGTERM', 0],
    ['SIGHUP', 0],
    ['SIGINT', 130],
  ] as const)('ends cleanly on %s', async (signal, code) => {
    const { start, survivors, pidFile, data } = workplace();
    const stack = await start();
    stack.process.kill(signal);
    // A terminal and the wrappers around it all pass the same wish on.
    stack.process.kill(signal);
    expect(await stack.ended).toMatchObject({ code, signal: null, errors: '' });
    expect(survivors()).toEqual([]);
    expect(existsSync(pidFile)).toBe(false);
    expect(existsSync(join(data, 'interject.sock'))).toBe(false);
    expect(isLocked(join(data, 'lock.db'))).toBe(false);
  });

  it('ends cleanly when a signal comes before it is ready', async () => {
    const { run, pidFile, processes, survivors } = workplace();
    const stack = run(['--port', '0']);
    await eventually(() => existsSync(pidFile));
    processes();
    stack.process.kill('SIGTERM');
    expect(await stack.ended).toMatchObject({ code: 0, signal: null });
    expect(survivors()).toEqual([]);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('brings its parts back, the supervisor on the same address', async () => {
    const { start, pidOf, url } = workplace();
    await start();
    const address = url();
    for (const id of ['assistant', 'simulator', 'supervisor']) {
      const before = pidOf(id);
      process.kill(before || Number.NaN, 'SIGKILL');
      await eventually(() => pidOf(id) !== 0 && pidOf(id) !== before);
    }
    await eventually(async () => (await fetch(`${address}/readyz`).catch(() => undefined))?.status === 200);
    expect(url()).toBe(address);
  });
});

describe('after init was killed', () => {
  it('its children end, the status is stale, --stop cleans up, and then nothing runs', async () => {
    const { start, run, pidFile, survivors } = workplace();
    const stack = await start();
    stack.process.kill('SIGKILL');
    await stack.ended;
    await eventually(() => survivors().length === 0);
    const status = await run(['--status']).ended;
    expect(status).toMatchObject({ code: 1, output: expect.stringMatching(/^stale: /) });
    expect(await run(['--stop']).ended).toMatchObject({
      code: 0,
      output: expect.stringContaining('removed what a killed stack had left'),
    });
    expect(existsSync(pidFile)).toBe(false);
    expect(await run(['--stop']).ended).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Nothing runs with the data folder \//),
    });
  });

  it('the next start takes over, ends survivors, and touches no process that only has an old process id', async () => {
    const { start, pidFile, processes, data } = workplace();
    const first = await start();
    const stopped = processes().find(({ id }) => id === 'analyst');
    // A process that is stopped does not notice that init is gone.
    process.kill(stopped?.pid ?? Number.NaN, 'SIGSTOP');
    first.process.kill('SIGKILL');
    await first.ended;
    const record = JSON.parse(readFileSync(pidFile, 'utf8'));
    record.processes.push({ id: 'stranger', kind: 'agent', pid: process.pid, start_time: 1 });
    writeFileSync(pidFile, JSON.stringify(record));
    const second = await start();
    expect(stopped !== undefined && isAlive(stopped)).toBe(false);
    expect(second.errors()).toContain('ended 1 processes that a killed stack had left');
    expect(processes()[0]?.pid).toBe(second.process.pid);
    expect(isLocked(join(data, 'lock.db'))).toBe(true);
  });
});

it('a configuration file and a policy in it are used', async () => {
  const { start, folder, processes, run } = workplace();
  writeFileSync(join(folder, 'mine.ts'), 'export default { name: "mine", onText: () => undefined }');
  writeFileSync(
    join(folder, 'agents.config.ts'),
    `import { defineConfig } from 'interject';
     export default defineConfig({ agents: [{ name: 'only' }], policies: ['./mine.ts'], options: { data: 'elsewhere' } });`,
  );
  const stack = await start(['--data', 'data']);
  expect(processes().map(({ id }) => id)).toContain('only');
  expect(stack.output()).toMatch(/agents +only\n/);
  expect(stack.output()).toMatch(/policies +\S*mine/);
  expect(stack.output()).toMatch(/config +agents\.config\.ts\n/);
  // Without --data the folder is the one of the file, and there nothing runs.
  expect(await run(['--status']).ended).toMatchObject({
    code: 3,
    output: expect.stringContaining(join(folder, 'elsewhere')),
  });
});
