/** Starting our own llama-server through the real command, with a fixture program in its place. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { llamaPlace, PROGRAM, read } from './llama-place.ts';

describe('a llama-server of our own', () => {
  it('is started with what was given, serves all agents, is in the PID file and ends with the stack', async () => {
    const { start, run, given, starts, ask, server, pidOf, survivors, data } = llamaPlace();
    const environment = {
      LLAMA_ARG_HOST: '0.0.0.0',
      GGML_TEST: 'yes',
      SECRET_OF_THE_SHELL: 'no',
      LD_LIBRARY_PATH: '/x',
    };
    const stack = await start([...given, '--slots', '2', '--llama-args', "-c '8192' --metrics"], environment);
    const one = await ask('assistant');
    expect(one).toMatchObject({
      status: 'answered',
      content: expect.stringContaining(`process ${server()?.pid} word`),
    });
    expect((await ask('analyst')).content).toBe(one.content);
    expect(server()).toMatchObject({ kind: 'model', port: expect.any(Number) });
    expect(starts()).toHaveLength(1);
    const [started] = starts();
    expect(started?.given.join(' ')).toMatch(
      /^--host 127\.0\.0\.1 --port \d+ -m \/\S+\/tiny\.gguf --alias tiny -np 2 -c 8192 --metrics$/,
    );
    expect(started?.environment).toMatchObject({ GGML_TEST: 'yes', LD_LIBRARY_PATH: '/x', GOMP_SPINCOUNT: '0' });
    expect(started?.environment).not.toHaveProperty('LLAMA_ARG_HOST');
    expect(started?.environment).not.toHaveProperty('SECRET_OF_THE_SHELL');
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${pidOf('assistant')}/environ`, 'latin1')).not.toMatch(/GGML_TEST|LD_LIBRARY_PATH/);
    expect(statSync(join(data, 'llama-server.log')).mode & 0o777).toBe(0o600);
    expect((await run(['--stop']).ended).code).toBe(0);
    expect(await stack.ended).toMatchObject({ code: 0, errors: '' });
    expect(survivors()).toEqual([]);
  });

  it('is found on the PATH, and its API key is used by all who speak to it', async () => {
    const { start, ask, model, folder } = llamaPlace();
    const bin = join(folder, 'llama-server');
    writeFileSync(bin, `#!/bin/sh\nexec ${PROGRAM} "$@"\n`);
    chmodSync(bin, 0o755);
    const environment = { PATH: `${folder}:${process.env.PATH}`, LLAMA_API_KEY: 'a-key-of-many-letters' };
    await start(['--model', model], environment);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('takes another port where somebody else listens', async () => {
    const { start, ask, given, server } = llamaPlace();
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await start(given, { LLAMA_ARG_PORT: String(port) });
    expect(server()?.port).not.toBe(port);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('takes another port when somebody was faster', async () => {
    const { start, ask, given, starts, folder } = llamaPlace();
    const stack = await start(given, { LLAMA_TEST_TAKEN_ONCE: join(folder, 'taken') });
    expect(stack.errors()).toContain('somebody else took the port of the model server just now: trying another one');
    expect(starts()).toHaveLength(2);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('may load for long: the stack is up, says so, and what it is sent waits', async () => {
    const { start, given, url, ask } = llamaPlace();
    const stack = await start(given, { LLAMA_TEST_LOAD_MS: '6000' });
    expect(stack.errors()).toBe('');
    const { reasons } = await read<{ reasons: string[] }>(await fetch(`${url()}/readyz`));
    expect(reasons).toEqual([
      expect.stringMatching(/^the model server llama-server .* is not ready: .*503: Loading model$/),
    ]);
    const { backends } = await read<{ backends: object[] }>(await fetch(`${url()}/agents`));
    expect(backends).toEqual([
      expect.objectContaining({ up: false, detail: expect.stringContaining('Loading model') }),
    ]);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('may write as much as it likes; its file is put aside at the next start', async () => {
    const { start, run, given, ask, log } = llamaPlace();
    const stack = await start(given, { LLAMA_TEST_NOISE_MB: '6' });
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
    expect(statSync(log).size).toBeGreaterThan(6_000_000);
    await run(['--stop']).ended;
    await stack.ended;
    await start(given);
    expect(statSync(log).size).toBeLessThan(100_000);
    expect(statSync(`${log}.old`).size).toBeGreaterThan(6_000_000);
  });
});

describe('a start fails with the reason of the server when', () => {
  it.each<[what: string, content: string, more: string[], environment: Record<string, string>, reason: string]>([
    ['a flag is wrong', 'GGUF', ['--llama-args', '--nonsense'], {}, 'error: invalid argument: --nonsense'],
    ['the model is broken', 'GGUFbroken', [], {}, 'gguf_init_from_reader: failed to read key-value pairs'],
    ['loading fails late', 'GGUF', [], { LLAMA_TEST_BREAKS_MS: '3000' }, 'failed to read key-value pairs'],
  ])('%s', async (_what, content, more, environment, reason) => {
    const { run, given, pidFile, survivors, log } = llamaPlace(content);
    const { code, errors } = await run(['--port', '0', ...given, ...more], environment).ended;
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(reason) });
    expect(errors).toContain(`all of its output is in ${log}`);
    expect(errors.split(reason)).toHaveLength(2);
    expect(errors).not.toContain('exiting due to');
    expect(existsSync(pidFile)).toBe(false);
    expect(survivors()).toEqual([]);
  });

  it('its program cannot be run', async () => {
    const { run, model, folder, pidFile } = llamaPlace();
    const program = join(folder, 'llama-server');
    writeFileSync(program, '#!/no/such/interpreter\n', { mode: 0o755 });
    const { code, errors } = await run(['--port', '0', '--llama-server', program, '--model', model]).ended;
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(`${program} did not start with `) });
    expect(errors).toContain('ENOENT');
    expect(existsSync(pidFile)).toBe(false);
  });

  it('something it needs is missing or wrong, before anything is started', async () => {
    const { run, given, model, folder, data } = llamaPlace();
    const other = join(folder, 'other.gguf');
    writeFileSync(other, 'PK');
    const cases: [given: string[], environment: Record<string, string>, code: number, reason: string][] = [
      [['--llama-server', PROGRAM, '--model', './none.gguf'], {}, 2, 'none.gguf: there is no such file'],
      [['--llama-server', PROGRAM, '--model', other], {}, 2, 'other.gguf: this is not a GGUF file'],
      [['--llama-server', './none', '--model', model], {}, 2, '/none: there is no such program'],
      [['--llama-server', model, '--model', model], {}, 2, 'it may not be executed'],
      [['--model', model], { PATH: folder }, 1, 'brew install llama.cpp'],
      [[...given, '--llama-args', '-c 1 --port=9'], {}, 2, '--llama-args: --port cannot be given there'],
      [[...given, '--llama-args', "-c '1"], {}, 2, 'without a partner'],
    ];
    for (const [command, environment, code, reason] of cases) {
      const ended = await run(command, environment).ended;
      expect(ended).toMatchObject({ code, errors: expect.stringContaining(reason) });
    }
    expect(existsSync(data)).toBe(false);
  });
});
