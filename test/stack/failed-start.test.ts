import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { workplace } from './command.ts';

describe('a start fails, leaves nothing behind and says why, when', () => {
  it('the port is in use', async () => {
    const { run, pidFile, data } = workplace();
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, errors, output } = await run(['--port', String(port)]).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toContain(`Port ${port} on 127.0.0.1 is in use by another program.`);
    expect(errors).toContain('--port');
    expect(existsSync(pidFile)).toBe(false);
    expect(existsSync(join(data, 'interject.sock'))).toBe(false);
  });

  it.each([
    [['--polcy', 'x'], 'There is no option --polcy. Did you mean --policy?'],
    [['--policy', './nowhere.ts'], 'policy ./nowhere.ts: there is no such file'],
    [['--host', '0.0.0.0'], 'so the stack needs a secret of your choice'],
    [['--config', 'nowhere.ts'], 'nowhere.ts: there is no such file'],
  ])('the command line is wrong: %j', async (given, message) => {
    const { run, pidFile } = workplace();
    const { code, errors } = await run(given).ended;
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(message) });
    expect(existsSync(pidFile)).toBe(false);
  });

  it('a policy is none', async () => {
    const { run, folder, pidFile } = workplace();
    writeFileSync(join(folder, 'bad.ts'), 'export default { name: "bad" }');
    const { code, errors } = await run(['--port', '0', '--policy', './bad.ts']).ended;
    expect({ code, errors }).toEqual({
      code: 2,
      errors: expect.stringContaining('./bad.ts: it has none of the hooks'),
    });
    expect(existsSync(pidFile)).toBe(false);
  });
});

it.each([
  ['--help', /--grace-seconds <SECONDS>/],
  ['--version', /^\d+\.\d+\.\d+\n$/],
])('%s answers without anything being started', async (flag, output) => {
  const { run, folder } = workplace();
  expect(await run([flag]).ended).toMatchObject({ code: 0, errors: '', output: expect.stringMatching(output) });
  expect(readdirSync(folder)).toEqual([]);
});
