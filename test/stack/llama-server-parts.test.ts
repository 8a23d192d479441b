/** The parts of the launcher that can be asked alone. */
import { appendFileSync, closeSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePortFrom } from '../../stack/free-port.ts';
import { modelAlias, refuseReserved, serverArguments } from '../../stack/llama-server/arguments.ts';
import { llamaServerCommands } from '../../stack/llama-server/command.ts';
import { serverEnvironment } from '../../stack/llama-server/environment.ts';
import { lastWords } from '../../stack/llama-server/last-words.ts';
import { openServerLog, readServerLog, shortenServerLog } from '../../stack/llama-server/server-log.ts';
import type { PlannedBackend } from '../../stack/plan.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('arguments', () => {
  it.each(['-m', '--model', '--host', '--port', '--port=1', '--api-key', '-hf', '--models-dir', '--api-prefix'])(
    'that only we may give are refused: %s',
    (argument) => {
      expect(() => refuseReserved(['-c', '1', argument])).toThrow(/^--llama-args: -\S+ cannot be given there: /);
    },
  );

  it('come after ours, so that they win', () => {
    const plan = { binary: 'x', modelFile: '/m/a.gguf', arguments: ['--alias', 'mine'], slots: 3, port: 1 };
    expect(serverArguments(plan)).toEqual(['-m', '/m/a.gguf', '--alias', 'a', '-np', '3', '--alias', 'mine']);
    expect(serverArguments({ ...plan, slots: undefined })).not.toContain('-np');
  });

  it.each([
    ['/m/qwen2.5-0.5b-q4_k_m.gguf', 'qwen2.5-0.5b-q4_k_m'],
    ['/m/big-00001-of-00003.GGUF', 'big'],
    ['/m/a,b', 'a_b'],
    ['/m/.gguf', 'model'],
  ])('the alias of %s is %s', (file, alias) => {
    expect(modelAlias(file)).toBe(alias);
  });
});

it('the environment holds what a server and its drivers read, and defaults that may be overruled', () => {
  const given = {
    PATH: '/bin',
    HOME: '/h',
    LLAMA_ARG_CTX_SIZE: '1',
    LLAMA_ARG_PORT: '1',
    LLAMA_ARG_CORS_ORIGINS: '*',
    CUDA_VISIBLE_DEVICES: '0',
    HIP_VISIBLE_DEVICES: '0',
    ROCR_VISIBLE_DEVICES: '0',
    HSA_OVERRIDE_GFX_VERSION: '1',
    VK_ICD_FILENAMES: 'x',
    OMP_NUM_THREADS: '2',
    GOMP_CPU_AFFINITY: '0',
    LD_LIBRARY_PATH: '/l',
    DYLD_LIBRARY_PATH: '/l',
    AWS_SECRET_ACCESS_KEY: 'no',
    INTERJECT_TOKEN: 'no',
  };
  const { LLAMA_ARG_PORT, AWS_SECRET_ACCESS_KEY, INTERJECT_TOKEN, ...passedOn } = given;
  expect(serverEnvironment(given)).toEqual({
    ...passedOn,
    LLAMA_ARG_UI: '0',
    LLAMA_ARG_WEBUI: '0',
    GOMP_SPINCOUNT: '0',
  });
  expect(serverEnvironment({})).toMatchObject({ LLAMA_ARG_CORS_ORIGINS: 'localhost' });
});

describe('the last words of a server', () => {
  const BROKEN = `0.00.000.379 I srv  llama_server: initializing ...
0.00.002.711 W srv  llama_server: security: no API key is set
0.00.004.885 E gguf_init_from_reader: failed to read key-value pairs
0.00.005.080 E llama_model_load: error loading model: llama_model_loader: failed to load model from /m/broken.gguf
0.00.005.175 E gguf_init_from_reader: failed to read key-value pairs
0.00.005.207 I srv    operator(): operator(): cleaning up before exit...
0.00.005.583 E srv  llama_server: exiting due to model loading error
`;
  it.each([
    [
      'a broken model',
      BROKEN,
      [
        'gguf_init_from_reader: failed to read key-value pairs',
        'llama_model_load: error loading model: llama_model_loader: failed to load model from /m/broken.gguf',
      ],
    ],
    [
      'a wrong flag',
      '0.00.000.353 I srv  llama_server: initializing ...\nerror: invalid argument: --nonsense\n',
      ['error: invalid argument: --nonsense'],
    ],
    [
      'a wrong value',
      'error while handling argument "-c": stoi\n\nusage:\n-c,    --ctx-size N   size\n\n\nto show complete usage, run with -h\n',
      ['error while handling argument "-c": stoi'],
    ],
    [
      'a port in use',
      "0.00.002.947 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 18732\n" +
        '0.00.003.058 E srv  llama_server: exiting due to HTTP server error\n',
      ["srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 18732"],
    ],
    [
      'a library that is not there',
      'llama-server: error while loading shared libraries: libcublas.so.12: cannot open shared object file\n',
      ['llama-server: error while loading shared libraries: libcublas.so.12: cannot open shared object file'],
    ],
    ['something else', 'one\ntwo\nthree\nfour\n', ['two', 'three', 'four']],
    ['nothing', '', []],
  ])('say why: %s', (_what, output, words) => {
    expect(lastWords(output, 'start')).toEqual(words);
  });

  it('are the first errors of a start and the last ones of a server that ran', () => {
    const output = ['a', 'b', 'c', 'd', 'e'].map((text) => `error: ${text}`).join('\n');
    expect(lastWords(output, 'start')).toEqual(['error: a', 'error: b', 'error: c']);
    expect(lastWords(output, 'end')).toEqual(['error: c', 'error: d', 'error: e']);
  });
});

describe('the output file of a server', () => {
  it('is read from where this server began, and whole after it was put aside', async () => {
    const file = join(temporaryFolder(), 'llama-server.log');
    writeFileSync(file, 'of the one before\n');
    const { descriptor, from } = openServerLog(file);
    onTestFinished(() => closeSync(descriptor));
    appendFileSync(descriptor, 'mine\n');
    expect(readServerLog(file, from)).toBe('mine\n');
    await shortenServerLog(file, 1_000_000);
    expect(existsSync(`${file}.old`)).toBe(false);
    await shortenServerLog(file, 10);
    expect(readFileSync(`${file}.old`, 'utf8')).toBe('of the one before\nmine\n');
    // The server still has it open.
    appendFileSync(descriptor, 'on');
    expect(statSync(file).size).toBe(2);
    expect(readServerLog(file, from)).toBe('on');
    expect(readServerLog(`${file}.none`, 0)).toBe('');
  });
});

describe('the fingerprint of a command', () => {
  it('changes with the program, the model, the arguments and the environment, not with the port', () => {
    const folder = temporaryFolder();
    const file = (name: string, content: string): string => {
      const path = join(folder, name);
      writeFileSync(path, content, { mode: 0o755 });
      return path;
    };
    const llamaServer = {
      binary: file('server', ''),
      modelFile: file('a.gguf', 'GGUF'),
      arguments: ['-c', '1'],
      slots: 2,
      port: 8000,
    };
    const fingerprint = (changes: Partial<typeof llamaServer> = {}, environment: NodeJS.ProcessEnv = {}) => {
      const backend = { name: 'x', url: '', kind: 'openai', simulator: false } as const;
      const planned: PlannedBackend = { ...backend, llamaServer: { ...llamaServer, ...changes } };
      return llamaServerCommands([planned], environment)[0]?.fingerprint;
    };
    const first = fingerprint();
    expect(fingerprint({ port: 9 }, { SOMETHING: 'else', PATH: '/another' })).toBe(first);
    const others = [
      fingerprint({ binary: file('other', '') }),
      fingerprint({ modelFile: file('b.gguf', 'GGUF') }),
      fingerprint({ arguments: ['-c', '2'] }),
      fingerprint({ slots: 3 }),
      fingerprint({}, { LLAMA_ARG_THREADS: '1' }),
    ];
    file('a.gguf', 'GGUF, another one');
    expect(new Set([first, ...others, fingerprint()]).size).toBe(7);
  });
});

it('a port is taken when nobody listens there, else another one', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await freePortFrom(port)).not.toBe(port);
  await new Promise((resolve) => server.close(resolve));
  expect(await freePortFrom(port)).toBe(port);
});
