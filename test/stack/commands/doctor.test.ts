/** `doctor` with real processes and servers. */
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../../agent/backend/simulator/server.ts';
import { isSupportedNode } from '../../../stack/commands/doctor/check-system.ts';
import { workplace } from '../command.ts';

async function simulator() {
  const server = await startSimulator({ ttftMs: 1, tokensPerSecond: 0, slots: 3, models: ['made-up'] });
  onTestFinished(() => server.close());
  return server;
}

describe('the doctor', () => {
  it('finds nothing to complain about, asks the model for an answer, and leaves nothing behind', async () => {
    const { run, folder } = workplace();
    const server = await simulator();
    writeFileSync(
      join(folder, 'mine.ts'),
      'export default { name: "mine", patterns: ["x"], onText: () => undefined };',
    );
    const given = ['--port', '0', '--backend', server.url, '--policy', './mine.ts', '--policy', 'error-keyword'];
    const { code, output, errors } = await run(['doctor', ...given]).ended;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(new RegExp(`^ok +Node\\.js +${process.versions.node} on `));
    expect(output).toMatch(/\nok +SQLite +\d+\.\d+\.\d+, reads and writes\n/);
    expect(output).toMatch(/\nok +config +no file; agents assistant, analyst\n/);
    expect(output).toContain(`${join(folder, 'data')} is made by the first start\n`);
    expect(output).toMatch(/\nok +stack +none runs with this data folder\n/);
    expect(output).toMatch(/\nok +policy +mine: holds back what could become "x"\n/);
    expect(output).toMatch(/\nok +policy +error-keyword: /);
    expect(output).toContain(`${server.url} (--backend): simulator`);
    expect(output).toMatch(/model made-up, context of 8192 tokens, 3 slots/);
    expect(output).toMatch(/\nok +answer +first text after \d+ ms/);
    expect(server.requests()).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['mine.ts']);
  });

  it('finds a policy that asks a model server that there is not', async () => {
    const { run, folder } = workplace();
    const server = await simulator();
    writeFileSync(
      join(folder, 'agents.config.json'),
      JSON.stringify({
        agents: [{ name: 'assistant', policies: [{ use: 'judge', options: { backend: 'bigg' } }] }],
        backends: [{ name: 'one', url: server.url }],
      }),
    );
    const { code, output } = await run(['doctor', '--port', '0']).ended;
    expect(code).not.toBe(0);
    expect(output).toMatch(/\nfail +policy +judge: there is no backend "bigg"; known are one\./);
  });

  it('knows the stack that runs, its port, and one that was killed', async () => {
    const { start, run, url, data } = workplace();
    const stack = await start();
    const { port } = new URL(url());
    const running = await run(['doctor', '--port', port]).ended;
    expect(running.code).toBe(0);
    expect(running.output).toContain(`${data} can be written\n`);
    expect(running.output).toContain(`runs at ${url()}\n`);
    expect(running.output).toContain(`${port} is used by this stack\n`);
    stack.process.kill('SIGKILL');
    await stack.ended;
    const killed = await run(['doctor', '--port', '0']).ended;
    expect(killed.output).toMatch(/\nnote +stack +one with this data folder was killed.*\n +→ npx tsx run\.ts --stop /);
    expect(killed.code).toBe(0);
    await run(['--stop']).ended;
  });

  it('says of everything that fails what it is and what to do, and exits with 1', async () => {
    const { run, folder } = workplace();
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = String((taken.address() as AddressInfo).port);
    writeFileSync(join(folder, 'file'), '');
    writeFileSync(join(folder, 'hangs.ts'), 'export default { name: "hangs" }; for (;;);');
    writeFileSync(join(folder, 'wrong.ts'), 'export default { nam: "wrong" };');
    const given = ['--data', 'file', '--port', port, '--backend', 'http://127.0.0.1:1'];
    const { code, output } = await run(['doctor', ...given, '--policy', './hangs.ts', '--policy', './wrong.ts']).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/\nfail +data +.*file is no folder\n +→ Choose another one with --data\./);
    expect(output).toMatch(new RegExp(`\nfail +port +Port ${port} .* is in use by another program\\..*--port`));
    expect(output).toMatch(/\nfail +policy +\.\/hangs\.ts: it does not return while it is loaded/);
    expect(output).toMatch(/\nfail +policy +\.\/wrong\.ts: unknown field "nam"/);
    expect(output).toMatch(/\nfail +model +default at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED\n +→ /);
  });

  it('says when the configuration is what is wrong, and when an agent asks for another model', async () => {
    const { run, folder } = workplace();
    const server = await simulator();
    const write = (configuration: object) =>
      writeFileSync(join(folder, 'agents.config.json'), JSON.stringify(configuration));
    write({ agents: [{ nme: 'x' }] });
    const wrong = await run(['doctor']).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(/\nfail +config +agents\.config\.json: agents\[0\]/);
    write({ agents: [{ name: 'x', model: 'another' }], backends: [{ name: 'one', url: server.url }] });
    const other = await run(['doctor', '--port', '0']).ended;
    expect(other.output).toMatch(/\nnote +model +another is not named by it\n +→ It serves made-up; /);
    expect(other.code).toBe(0);
  });

  it('names pools, and asks their members for the models of their agents', async () => {
    const { run, folder } = workplace();
    const server = await simulator();
    const write = (pools: object) =>
      writeFileSync(
        join(folder, 'agents.config.json'),
        JSON.stringify({
          agents: [{ name: 'x', model: 'another', backend: 'fast' }],
          backends: ['one', 'two'].map((name) => ({ name, url: server.url })),
          pools,
        }),
      );
    write({ fast: ['one', 'tow'] });
    const wrong = await run(['doctor']).ended;
    expect([wrong.code, wrong.output]).toEqual([
      1,
      expect.stringMatching(/\nfail +config .*pools\.fast\[1\]: .*"two"\?/),
    ]);
    write({ fast: ['one', 'two'] });
    const { code, output } = await run(['doctor', '--port', '0']).ended;
    expect([code, output]).toEqual([0, expect.stringMatching(/\nok +pool +fast: one, two\n/)]);
    expect(output.match(/another is not named by it/g)).toHaveLength(2);
  });

  it('supports the versions of Node.js that package.json names', () => {
    const versions = ['18.20.0', '20.18.9', '20.19.0', '21.9.0', '22.13.0', '22.14.0', '23.0.0', '24.1.0'];
    expect(versions.filter(isSupportedNode)).toEqual(['20.19.0', '22.14.0', '23.0.0', '24.1.0']);
  });
});
