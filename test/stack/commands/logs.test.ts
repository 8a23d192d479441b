/** `logs` with real processes, over logs that stacks and others write. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../stack/project.ts';
import { type Command, workplace } from '../command.ts';
import { eventually } from '../eventually.ts';
import { quietEnvironment } from '../quiet-environment.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A line as pino writes it. */
function entry(fields: object, msg: string): string {
  return `${JSON.stringify({ level: 30, time: START, pid: 1, name: 'supervisor', ...fields, msg })}\n`;
}

/** A data folder whose log holds this. */
function placeWith(text: string) {
  const place = workplace();
  mkdirSync(place.data);
  const log = join(place.data, 'interject.log');
  writeFileSync(log, text);
  const show = (...given: string[]): Command['ended'] => place.run(['logs', ...given]).ended;
  return { ...place, log, show };
}

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => entry({ agent: index % 2 ? 'b' : 'a' }, `line ${from + index}`)).join(
    '',
  );

function messages(output: string): string[] {
  return output.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as { msg: string }).msg));
}

describe('what is there', () => {
  it('of a stack that runs, and of one that has ended: its runs by agent, run and turn', async () => {
    const place = workplace();
    await place.start(['--backend', 'simulator', '--agents', 'assistant,analyst']);
    const headers = { 'content-type': 'application/json' };
    const content = `say-coded: ${Buffer.from('the ERROR of Smith').toString('hex')}`;
    const body = JSON.stringify({ content, chat: 'mine' });
    const reply = await fetch(`${place.url()}/chat/assistant`, { method: 'POST', headers, body });
    const { run } = (await reply.json()) as { run: string };
    const shown = await place.run(['logs', '--run', run]).ended;
    expect(shown).toMatchObject({ code: 0, errors: '' });
    const lines = shown.output.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      new RegExp(`^\\[[-0-9]+ [0-9:.]+\\] INFO: supervisor assistant mine ${run}\\.1: turn started .*"backend":`),
    );
    expect(shown.output).toMatch(/\.1: a policy intervened .*"action":"interject"/);
    expect(lines.at(-1)).toContain('run answered');
    expect(shown.output).not.toContain('Smith');
    const ofAnalyst = await place.run(['logs', '--agent', 'analyst', '--json']).ended;
    expect(messages(ofAnalyst.output)).toEqual(['analyst is ready']);
    const mistyped = await place.run(['logs', '--agent', 'analist']).ended;
    expect(mistyped).toMatchObject({ code: 0, output: '' });
    expect(mistyped.errors).toMatch(/^interject: no line of agent analist .*Did you mean analyst\?\n$/);

    expect(await place.run(['--stop']).ended).toMatchObject({ code: 0 });
    const after = await place.run(['logs', '--run', run, '--run', 'another', '--json']).ended;
    for (const line of after.output.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ agent: 'assistant', chat: 'mine', run });
    }
    expect(messages(after.output)).toContain('run answered');
  });

  it('the last lines that fit, by agent, run and level; what is no entry stays where nobody asks for one', async () => {
    const strange = 'not JSON at all\n{"half":\n';
    const { show } = placeWith(numbered(0, 300) + strange + entry({ level: 50, agent: 'a', run: 'r' }, 'bad'));
    expect(messages((await show('--json', '--agent', 'b', '--lines', '2')).output)).toEqual(['line 297', 'line 299']);
    expect(messages((await show('--json', '--run', 'r')).output)).toEqual(['bad']);
    const both = await show('--json', '--agent', 'a', '--agent', 'b', '--lines', '3');
    expect(messages(both.output)).toEqual(['line 298', 'line 299', 'bad']);
    expect((await show('--json', '--level', 'error')).output).toBe(
      `${strange}${entry({ level: 50, agent: 'a', run: 'r' }, 'bad')}`,
    );
    const all = (await show()).output.trimEnd().split('\n');
    expect(all).toHaveLength(100);
    expect(all.slice(-3, -1)).toEqual(strange.trimEnd().split('\n'));
    const nothing = await show('--run', 'unknown');
    expect(nothing).toMatchObject({ code: 0, output: '' });
    expect(nothing.errors).toContain('no line of run unknown');
  });

  it('of a file of gigabytes it reads the end only', async () => {
    const { log, show } = placeWith(numbered(0, 3));
    truncateSync(log, 6 * 1024 ** 3);
    appendFileSync(log, `\n${numbered(3, 203)}`);
    expect(messages((await show('--json')).output)).toEqual(messages(numbered(103, 203)));
  });

  it('nothing in it is obeyed by a terminal or looks like a line of its own', async () => {
    const { show } = placeWith(
      `${entry({ reason: '\u001b]0;title\u0007' }, 'first\u001b[31m\n[2026-01-01] INFO: forged')}raw \u001b[2J\n`,
    );
    const { output } = await show();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what it is about
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(output).toContain('␛[31m\n    [2026-01-01] INFO: forged');
    expect(output.split('\n').filter((line) => line.startsWith('['))).toHaveLength(1);
  });

  it('without a log: says where it looked', async () => {
    const place = workplace();
    const { code, errors } = await place.run(['logs', '--data', 'elsewhere']).ended;
    expect(code).toBe(1);
    expect(errors).toBe(
      `interject: There is no log at ${join(place.folder, 'elsewhere/interject.log')}: no stack was started there. Name its folder with --data.\n`,
    );
    mkdirSync(join(place.folder, 'elsewhere/interject.log'), { recursive: true });
    const unreadable = await place.run(['logs', '--data', 'elsewhere']).ended;
    expect(unreadable.code).toBe(1);
    expect(unreadable.errors).toMatch(/^interject: The log .* cannot be read: EISDIR[^\n]*\n$/);
  });
});

describe('following', () => {
  it('a file that is not there yet, renamed and copied away and truncated; nothing is lost or told twice', async () => {
    const place = workplace();
    const log = join(place.data, 'interject.log');
    const command = place.run(['logs', '--follow', '--json']);
    await eventually(() => command.errors().includes('there is no log'));
    const seen = (): string[] => messages(command.output());
    mkdirSync(place.data);
    const first = openSync(log, 'a');
    writeSync(first, numbered(0, 2));
    await eventually(() => seen().length === 2);
    writeSync(first, entry({}, 'in two').slice(0, 20));
    writeSync(first, entry({}, 'in two').slice(20));
    await eventually(() => seen().length === 3);

    renameSync(log, `${log}.1`);
    writeFileSync(log, numbered(3, 4));
    await eventually(() => seen().length === 4);
    // Processes that run keep writing to the file that they opened.
    writeSync(first, numbered(4, 5));
    await eventually(() => seen().length === 5);

    copyFileSync(log, `${log}.2`);
    truncateSync(log);
    appendFileSync(log, numbered(5, 9));
    await eventually(() => seen().length === 9);
    expect(seen()).toEqual([
      'line 0',
      'line 1',
      'in two',
      ...Array.from({ length: 6 }, (_, index) => `line ${index + 3}`),
    ]);

    command.process.kill('SIGINT');
    expect(await command.ended).toMatchObject({ code: 130, signal: null });
    expect(command.errors()).toBe(`interject: there is no log at ${log} yet\n`);
  });

  it('begins with the last lines, shows what is wanted of what comes, and ends with SIGTERM', async () => {
    const { log, run } = placeWith(numbered(0, 10));
    const command = run(['logs', '--follow', '--json', '--agent', 'a', '--lines', '1']);
    await eventually(() => command.output() !== '');
    appendFileSync(log, numbered(10, 14));
    await eventually(() => messages(command.output()).length === 3);
    command.process.kill('SIGTERM');
    const { output, code, errors } = await command.ended;
    expect([messages(output), code, errors]).toEqual([['line 8', 'line 10', 'line 12'], 0, '']);
  });

  it('ends without a word when its output is closed', async () => {
    const { folder, log } = placeWith(numbered(0, 1));
    const given = ['logs', '--follow'];
    const program = [process.execPath, '--import', import.meta.resolve('tsx'), join(PROJECT_ROOT, 'run.ts'), ...given];
    const line = `${program.map((word) => `'${word}'`).join(' ')}; echo "ended $?" >&2`;
    const shell = spawn('sh', ['-c', `(${line}) | head -n 1`], {
      cwd: folder,
      env: quietEnvironment(folder, given),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    shell.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    const [told] = (await once(shell.stdout, 'data')) as [Buffer];
    expect(told.toString()).toContain('line 0');
    // It hears of it when it writes next.
    const writing = setInterval(() => appendFileSync(log, numbered(1, 2)), 100);
    await once(shell, 'close');
    clearInterval(writing);
    expect(errors).toBe('ended 0\n');
  });
});
