/** How our own llama-server ends, and what becomes of it when init does; a fixture program in its place. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../stack/process-identity.ts';
import { eventually } from './eventually.ts';
import { llamaPlace } from './llama-place.ts';

describe('when the server dies', () => {
  it('in the middle of an answer, it is started again on its port and the run goes on', async () => {
    const { start, given, ask, server, folder, starts } = llamaPlace();
    const stack = await start(given, { LLAMA_TEST_DIES_ONCE: join(folder, 'died') });
    const first = server();
    const { status, content } = await ask('assistant');
    expect({ status, content }).toEqual({ status: 'answered', content: expect.stringContaining('word') });
    expect(server()?.pid).not.toBe(first?.pid);
    expect(server()?.port).toBe(first?.port);
    expect(content).toContain(`process ${server()?.pid}`);
    expect(starts(), stack.errors()).toHaveLength(2);
    expect(stack.errors()).toMatch(/llama-server ended, starting it again: it broke \(signal SIGABRT\)\n.*GGML_ASSERT/);
  });

  it('too often, the stack ends with its reason', async () => {
    const { run, given, survivors, pidFile } = llamaPlace();
    const { code, errors } = await run(['--port', '0', ...given], { LLAMA_TEST_DIES_MS: '500' }).ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/The model server ended too often: it broke \(signal SIGABRT\)\n.*GGML_ASSERT/);
    expect(survivors()).toEqual([]);
    expect(existsSync(pidFile)).toBe(false);
  });
});

describe('after init was killed', () => {
  it('the next start takes it over, with its model loaded, and looks after it as after its own', async () => {
    const { start, given, ask, server, starts, survivors, run } = llamaPlace();
    const first = await start(given);
    const before = server();
    first.process.kill('SIGKILL');
    await first.ended;
    await eventually(() => survivors().length === 1);
    const second = await start(given);
    expect(second.errors()).toContain(`took over llama-server (process ${before?.pid}, port ${before?.port})`);
    expect(server()).toEqual(before);
    expect((await ask('assistant')).content).toContain(`process ${before?.pid} `);
    expect(starts()).toHaveLength(1);
    process.kill(before?.pid ?? Number.NaN, 'SIGKILL');
    await eventually(() => server()?.pid !== before?.pid && server() !== undefined);
    expect((await ask('assistant')).content).toContain(`process ${server()?.pid} `);
    expect((await run(['--stop']).ended).code).toBe(0);
    expect(survivors()).toEqual([]);
  });

  it('the next start ends it when another one is wanted, or when it does not answer', async () => {
    const { start, given, server, survivors } = llamaPlace();
    const first = await start(given);
    const before = server();
    first.process.kill('SIGKILL');
    await first.ended;
    const second = await start([...given, '--llama-args', '-c 4096']);
    expect(before !== undefined && isAlive(before)).toBe(false);
    const stopped = server();
    second.process.kill('SIGKILL');
    await second.ended;
    await eventually(() => survivors().length === 1);
    process.kill(stopped?.pid ?? Number.NaN, 'SIGSTOP');
    const third = await start([...given, '--llama-args', '-c 4096']);
    expect(third.errors()).toContain('ended 1 processes that a killed stack had left');
    expect(stopped !== undefined && isAlive(stopped)).toBe(false);
  });

  it('a next start that comes to nothing ends it too', async () => {
    const { start, run, given, survivors, folder } = llamaPlace();
    const first = await start(given);
    first.process.kill('SIGKILL');
    await first.ended;
    writeFileSync(join(folder, 'bad.ts'), 'this is no policy');
    expect((await run([...given, '--policy', './bad.ts']).ended).code).not.toBe(0);
    expect(survivors()).toEqual([]);
  });

  it('--stop ends it, deaf as it may be', async () => {
    const { start, run, given, survivors } = llamaPlace();
    const stack = await start(given, { LLAMA_TEST_DEAF: 'yes' });
    stack.process.kill('SIGKILL');
    await stack.ended;
    expect((await run(['--stop']).ended).code).toBe(0);
    expect(survivors()).toEqual([]);
  });
});

it('a server that is deaf to SIGTERM is killed within the grace period', async () => {
  const { start, run, given, survivors } = llamaPlace();
  const stack = await start(given, { LLAMA_TEST_DEAF: 'yes' });
  const stop = await run(['--stop']).ended;
  expect(stop).toMatchObject({ code: 0, output: expect.stringContaining('Stopped.') });
  expect((await stack.ended).code).toBe(0);
  expect(survivors()).toEqual([]);
});
