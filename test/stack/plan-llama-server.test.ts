import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../stack/plan.ts';
import { resolveOptions } from '../../stack/resolve-options.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with a model file and, under `bin`, a program to serve it. */
function machine() {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(join(folder, 'folder.gguf'));
  writeFileSync(join(folder, 'tiny.GGUF'), '');
  writeFileSync(join(bin, 'llama-server'), '#!/bin/sh\n');
  chmodSync(join(bin, 'llama-server'), 0o755);
  const plan = (
    commandLine: Record<string, string>,
    PATH = `/nowhere:${bin}`,
    backends?: { name: string; url: string }[],
  ) => {
    const loaded = backends && {
      file: join(folder, 'agents.config.ts'),
      name: 'agents.config.ts',
      options: {},
      backends: backends.map((backend) => ({ kind: 'openai' as const, ...backend })),
    };
    return makePlan(resolveOptions({ commandLine, environment: {} }), loaded, folder, { PATH });
  };
  return { folder, bin, plan };
}

describe('a GGUF file', () => {
  it('is served by the llama-server on the PATH', () => {
    const { folder, bin, plan } = machine();
    const { backends, backendSearch } = plan({ model: './tiny.GGUF', slots: '2', llamaArgs: "-ngl 99 -c '16384'" });
    expect(backends).toEqual([
      {
        name: 'llama-server',
        kind: 'openai',
        url: 'http://127.0.0.1:8000',
        simulator: false,
        origin: '--model',
        slots: 2,
        llamaServer: {
          binary: join(bin, 'llama-server'),
          modelFile: join(folder, 'tiny.GGUF'),
          arguments: ['-ngl', '99', '-c', '16384'],
          slots: 2,
          port: 8000,
        },
      },
    ]);
    expect(backendSearch).toBeUndefined();
  });

  it('is served by the program that is named, as a path or on the PATH', () => {
    const { bin, plan } = machine();
    for (const llamaServer of ['./bin/llama-server', join(bin, 'llama-server')]) {
      const { backends } = plan({ model: 'tiny.GGUF', llamaServer }, '');
      expect(backends[0]?.llamaServer).toMatchObject({
        binary: join(bin, 'llama-server'),
        arguments: [],
        slots: undefined,
      });
      expect(backends[0]).not.toHaveProperty('model');
    }
    expect(plan({ model: 'tiny.GGUF', llamaServer: 'llama-server' }).backends[0]?.llamaServer?.binary).toBe(
      join(bin, 'llama-server'),
    );
  });

  it.each([
    [{ model: 'other.gguf' }, '--model other.gguf: there is no such file (looked for FOLDER/other.gguf).'],
    [{ model: 'folder.gguf' }, '--model folder.gguf: there is no such file (looked for FOLDER/folder.gguf).'],
    [
      { model: 'tiny.GGUF' },
      '--model tiny.GGUF needs llama-server, and there is none on the PATH. Get one with "brew install llama.cpp" or from https://github.com/ggml-org/llama.cpp/releases, or name it with --llama-server.',
    ],
    [
      { model: 'tiny.GGUF', llamaServer: './bin' },
      '--llama-server ./bin: there is no such program (looked for FOLDER/bin).',
    ],
    [
      { model: 'tiny.GGUF', llamaServer: './tiny.GGUF' },
      '--llama-server ./tiny.GGUF: FOLDER/tiny.GGUF may not be executed; chmod +x makes it so.',
    ],
  ])('that cannot be served is refused: %j', (given, message) => {
    const { folder, plan } = machine();
    const expected = expect.stringContaining(message.replaceAll('FOLDER', folder));
    expect(() => plan(given, '/nowhere')).toThrow(expect.objectContaining({ exitCode: 2, message: expected }));
  });

  it('is only a name where a server is named, and that is said', () => {
    const { plan } = machine();
    const given = plan({ model: 'far.gguf', backend: 'http://127.0.0.1:9', llamaArgs: '-ngl 99' });
    expect(given.backends).toMatchObject([{ url: 'http://127.0.0.1:9', model: 'far.gguf' }]);
    expect(given.remarks).toEqual([
      '--model far.gguf: asked for by this name; no llama-server is started, since --backend names one',
      '--llama-args: not used, since no llama-server is started',
    ]);
    const configured = plan({ model: 'far.gguf' }, '', [{ name: 'b', url: 'http://127.0.0.1:9' }]);
    expect(configured.remarks?.[0]).toContain('since agents.config.ts names one');
    expect(plan({ llamaArgs: '-ngl 99' }).remarks).toEqual([
      '--llama-args: not used, since no GGUF file is given with --model',
    ]);
  });
});
