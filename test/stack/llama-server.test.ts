/** Our own llama-server through the real command, with a fixture program in its place. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive } from '../../stack/process-identity.ts';
import { workplace } from './command.ts';
import { eventually } from './eventually.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/llama/llama-server', import.meta.url));
const SERVER = 'llama-server';

/** A folder with a model in it. */
function place(content = 'GGUF and more') {
  const work = workplace();
  const model = join(work.folder, 'tiny.gguf');
  writeFileSync(model, content);
  const given = ['--llama-server', PROGRAM, '--model', model];
  const log = join(work.data, 'llama-server.log');
  return {
    ...work,
    model,
    given,
    /** What it was started with, latest last. */
    starts(): { given: string[]; environment: Record<string, string> }[] {
      const lines = readFileSync(log, 'utf8').split('\n');
      return lines
        .filter((line) => line.includes('started {'))
        .map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    },
    log,
    server: () => work.processes().find(({ id }) => id === SERVER),
    ask: async (agent: string, content = 'hello'): Promise<{ status: string; content: string }> =>
      read(await post(`${work.url()}/chat/${agent}`, { content })),
  };
}

async function read<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('a llama-server of our own', () => {
  it('is started with what was given, serves all agents, is in the PID file and ends with the stack', async () => {
    const { start, run, given, starts, ask, server, pidOf, survivors, data } = place();
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
    const { start, ask, model, folder } = place();
    const bin = join(folder, SERVER);
    writeFileSync(bin, `#!/bin/sh\nexec ${PROGRAM} "$@"\n`);
    chmodSync(bin, 0o755);
    const environment = { PATH: `${folder}:${process.env.PATH}`, LLAMA_API_KEY: 'a-key-of-many-letters' };
    await start(['--model', model], environment);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('takes another port where somebody else listens', async () => {
    const { start, ask, given, server } = place();
    const other = createServer().listen(8000, '127.0.0.1');
    onTestFinished(() => void other.close());
    // Somebody else may listen there already: then this is what is wanted.
    await new Promise((resolve) => other.once('listening', resolve).once('error', resolve));
    await start(given);
    expect(server()?.port).not.toBe(8000);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('may load for long: the stack is up, says so, and what it is sent waits', async () => {
    const { start, given, url, ask } = place();
    const stack = await start(given, { LLAMA_TEST_LOAD_MS: '6000' });
    expect(stack.errors()).toBe('');
    const { reasons } = await read<{ reasons: string[] }>(await fetch(`${url()}/readyz`));
    expect(reasons).toEqual([expect.stringMatching(/^no model server answers \(.*503: Loading model\)$/)]);
    const { backends } = await read<{ backends: object[] }>(await fetch(`${url()}/agents`));
    expect(backends).toEqual([
      expect.objectContaining({ up: false, detail: expect.stringContaining('Loading model') }),
    ]);
    expect(await ask('assistant')).toMatchObject({ status: 'answered' });
  });

  it('may write as much as it likes; its file is put aside at the next start', async () => {
    const { start, run, given, ask, log } = place();
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
    const { run, given, pidFile, survivors, log } = place(content);
    const { code, errors } = await run(['--port', '0', ...given, ...more], environment).ended;
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(reason) });
    expect(errors).toContain(`all of its output is in ${log}`);
    expect(errors.split(reason)).toHaveLength(2);
    expect(errors).not.toContain('exiting due to');
    expect(existsSync(pidFile)).toBe(false);
    expect(survivors()).toEqual([]);
  });

  it('its program cannot be run', async () => {
    const { run, model, folder, pidFile } = place();
    const program = join(folder, SERVER);
    writeFileSync(program, '#!/no/such/interpreter\n', { mode: 0o755 });
    const { code, errors } = await run(['--port', '0', '--llama-server', program, '--model', model]).ended;
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(`${program} did not start with `) });
    expect(errors).toContain('ENOENT');
    expect(existsSync(pidFile)).toBe(false);
  });

  it('something it needs is missing or wrong, before anything is started', async () => {
    const { run, given, model, folder, data } = place();
    const other = join(folder, 'other.gguf');
    writeFileSync(other, 'PK');
    const cases: [given: string[], environment: Record<string, string>, code: number, reason: string][] = [
      [['--llama-server', PROGRAM, '--model', './none.gguf'], {}, 2, 'none.gguf: there is no such file'],
      [['--llama-server', PROGRAM, '--model', other], {}, 2, 'other.gguf: this is not a GGUF file'],
      [['--llama-server', './none', '--model', model], {}, 2, '--llama-server ./none: there is no such program'],
      [['--llama-server', model, '--model', model], {}, 2, 'it may not be executed'],
      [['--model', model], { PATH: folder }, 1, 'brew install llama.cpp'],
      [[...given, '--llama-args', '-c 1 --port=9'], {}, 2, '--llama-args: --port cannot be given there'],
      [[...given, '--llama-args', "-c '1"], {}, 2, 'a quote is not closed'],
    ];
    for (const [command, environment, code, reason] of cases) {
      const ended = await run(command, environment).ended;
      expect(ended).toMatchObject({ code, errors: expect.stringContaining(reason) });
    }
    expect(existsSync(data)).toBe(false);
  });
});

describe('when the server dies', () => {
  it('in the middle of an answer, it is started again on its port and the run goes on', async () => {
    const { start, given, ask, server, folder, starts } = place();
    const stack = await start(given, { LLAMA_TEST_DIES_ONCE: join(folder, 'died') });
    const first = server();
    const { status, content } = await ask('assistant');
    expect({ status, content }).toEqual({ status: 'answered', content: expect.stringContaining('word') });
    expect(server()?.pid).not.toBe(first?.pid);
    expect(server()?.port).toBe(first?.port);
    expect(content).toContain(`process ${server()?.pid}`);
    expect(starts()).toHaveLength(2);
    expect(stack.errors()).toMatch(/llama-server ended, starting it again: it broke \(signal SIGABRT\)\n.*GGML_ASSERT/);
  });

  it('too often, the stack ends with its reason', async () => {
    const { run, given, survivors, pidFile } = place();
    const { code, errors } = await run(['--port', '0', ...given], { LLAMA_TEST_DIES_MS: '500' }).ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/The model server ended too often: it broke \(signal SIGABRT\)\n.*GGML_ASSERT/);
    expect(survivors()).toEqual([]);
    expect(existsSync(pidFile)).toBe(false);
  });
});

describe('after init was killed', () => {
  it('the next start takes it over, with its model loaded, and looks after it as after its own', async () => {
    const { start, given, ask, server, starts, survivors, run } = place();
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
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await eventually(() => server()?.pid !== before?.pid && server() !== undefined);
    expect((await ask('assistant')).content).toContain(`process ${server()?.pid} `);
    expect((await run(['--stop']).ended).code).toBe(0);
    expect(survivors()).toEqual([]);
  });

  it('the next start ends it when another one is wanted, or when it does not answer', async () => {
    const { start, given, server, survivors } = place();
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
    process.kill(stopped?.pid ?? 0, 'SIGSTOP');
    const third = await start([...given, '--llama-args', '-c 4096']);
    expect(third.errors()).toContain('ended 1 processes that a killed stack had left');
    expect(stopped !== undefined && isAlive(stopped)).toBe(false);
  });

  it('a next start that comes to nothing ends it too', async () => {
    const { start, run, given, survivors, folder } = place();
    const first = await start(given);
    first.process.kill('SIGKILL');
    await first.ended;
    writeFileSync(join(folder, 'bad.ts'), 'this is no policy');
    expect((await run([...given, '--policy', './bad.ts']).ended).code).not.toBe(0);
    expect(survivors()).toEqual([]);
  });

  it('--stop ends it, deaf as it may be', async () => {
    const { start, run, given, survivors } = place();
    const stack = await start(given, { LLAMA_TEST_DEAF: 'yes' });
    stack.process.kill('SIGKILL');
    await stack.ended;
    expect((await run(['--stop']).ended).code).toBe(0);
    expect(survivors()).toEqual([]);
  });
});

it('a server that is deaf to SIGTERM is killed within the grace period', async () => {
  const { start, run, given, survivors } = place();
  const stack = await start(given, { LLAMA_TEST_DEAF: 'yes' });
  const stop = await run(['--stop']).ended;
  expect(stop).toMatchObject({ code: 0, output: expect.stringContaining('Stopped.') });
  expect((await stack.ended).code).toBe(0);
  expect(survivors()).toEqual([]);
});
