import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../stack/plan.ts';
import { resolveOptions } from '../../stack/resolve-options.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with a model file in it. */
function machine() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'folder.gguf'));
  writeFileSync(join(folder, 'tiny.GGUF'), '');
  const plan = (commandLine: Record<string, string>, backends?: { name: string; url: string }[]) => {
    const loaded = backends && {
      file: join(folder, 'agents.config.ts'),
      name: 'agents.config.ts',
      options: {},
      backends: backends.map((backend) => ({ kind: 'openai' as const, ...backend })),
    };
    return makePlan(resolveOptions({ commandLine, environment: {} }), loaded, folder);
  };
  return { folder, plan };
}

describe('a GGUF file', () => {
  it('gets a llama-server of its own', () => {
    const { folder, plan } = machine();
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
          binary: 'llama-server',
          modelFile: join(folder, 'tiny.GGUF'),
          arguments: ['-ngl', '99', '-c', '16384'],
          slots: 2,
          port: 8000,
        },
      },
    ]);
    expect(backendSearch).toBeUndefined();
  });

  it.each([
    ['./bin/llama-server', 'FOLDER/bin/llama-server'],
    ['/opt/llama-server', '/opt/llama-server'],
    ['my-llama', 'my-llama'],
  ])('is served by --llama-server %s', (llamaServer, binary) => {
    const { folder, plan } = machine();
    const [backend] = plan({ model: 'tiny.GGUF', llamaServer }).backends;
    expect(backend?.llamaServer).toMatchObject({
      binary: binary.replace('FOLDER', folder),
      arguments: [],
      slots: undefined,
    });
    expect(backend).not.toHaveProperty('model');
  });

  it.each(['other.gguf', 'folder.gguf'])('that is not there is refused: %s', (model) => {
    const { folder, plan } = machine();
    const message = `--model ${model}: there is no such file (looked for ${folder}/${model}).`;
    expect(() => plan({ model })).toThrow(expect.objectContaining({ exitCode: 2, message }));
  });

  it('is only a name where a server is named, and that is said', () => {
    const { plan } = machine();
    const given = plan({ model: 'far.gguf', backend: 'http://127.0.0.1:9', llamaArgs: '-ngl 99' });
    expect(given.backends).toMatchObject([{ url: 'http://127.0.0.1:9', model: 'far.gguf' }]);
    expect(given.remarks).toEqual([
      '--model far.gguf: asked for by this name; no llama-server is started, since --backend names one',
      '--llama-args: not used, since no llama-server is started',
    ]);
    const configured = plan({ model: 'far.gguf' }, [{ name: 'b', url: 'http://127.0.0.1:9' }]);
    expect(configured.remarks?.[0]).toContain('since agents.config.ts names one');
    expect(plan({ llamaArgs: '-ngl 99' }).remarks).toEqual([
      '--llama-args: not used, since no GGUF file is given with --model',
    ]);
  });
});
