/** `chat` over a pipe, with real processes. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPidFile } from '../../../stack/pid-file.ts';
import { isAlive } from '../../../stack/process-identity.ts';
import { workplace } from '../command.ts';
import { eventually } from '../eventually.ts';
import { llamaPlace } from '../llama-place.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { piped } from './piped.ts';

/** Long enough to be in the middle of it when something happens. */
const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');
const LONG = words(150);
/** The simulator says it for minutes: it never ends by itself. */
const ENDLESS = words(6000);

/** Processes whose command line names this folder. */
function processesOf(folder: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder) && line.includes('private-stack'));
}

/** What a chat has in the folder of its temporary files; the TypeScript loader keeps its own cache there. */
function left(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('tsx-'));
}

describe('without a running stack', () => {
  it('answers every line in order on a private stack, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const chat = piped(folder, ['chat']);
    chat.type('say: one', '', 'say: t\u001b[31mwo\ttabs', 'say: All good until an ERROR shows up');
    chat.end();
    const { code, output, errors } = await chat.ended;
    expect({ code, errors }).toMatchObject({ code: 0 });
    const [first, second, third, ...rest] = output.split('\n');
    expect([first, second]).toEqual(['one', 't␛[31mwo\ttabs']);
    expect(third).toMatch(/\w/);
    expect(third).not.toContain('ERROR');
    expect(rest).toEqual(['']);
    expect(errors).toContain('assistant, the built-in simulator');
    expect(errors).toContain('a private stack: nothing is kept');
    expect(errors).toContain('policy error-keyword');
    expect(output + errors).not.toContain('\u001b');
    expect(left(folder)).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });

  it('passes the options of a start on, and says what a start says when they are wrong', async () => {
    const folder = temporaryFolder();
    const chat = piped(folder, ['chat', 'critic', '--agents', 'critic', '--policy', 'none']);
    chat.type('say: an ERROR');
    chat.end();
    expect(await chat.ended).toMatchObject({ code: 0, output: 'an ERROR\n' });
    const wrong = piped(folder, ['chat', '--policy', './nowhere.ts']);
    const { code, errors } = await wrong.ended;
    expect(code).toBe(2);
    expect(errors).toMatch(/^interject: policy \.\/nowhere\.ts: there is no such file/);
    expect(left(folder)).toEqual([]);
  });

  it('refuses an agent that there is not, with those that there are', async () => {
    const folder = temporaryFolder();
    expect(await piped(folder, ['chat', 'asistant']).ended).toMatchObject({
      code: 2,
      output: '',
      errors:
        'interject: There is no agent "asistant". The agents of this stack are: assistant, analyst. Did you mean assistant?\n',
    });
    expect(left(folder)).toEqual([]);
  });

  it('its stack ends and leaves nothing, also when the chat is killed', async () => {
    const folder = temporaryFolder();
    const chat = piped(folder, ['chat']);
    await eventually(() => chat.errors().includes('private stack'));
    expect(processesOf(folder)).toHaveLength(1);
    chat.process.kill('SIGKILL');
    await eventually(() => processesOf(folder).length === 0 && left(folder).length === 0);
  });

  it('a private stack that is killed leaves no llama-server behind', async () => {
    const place = llamaPlace();
    const chat = piped(place.folder, ['chat', ...place.given], place.folder, { LLAMA_ARG_PORT: '0' });
    await eventually(() => chat.errors().includes('private stack'));
    const [name = ''] = left(place.folder).filter((entry) => entry.startsWith('interject-chat-'));
    const { processes } = readPidFile(join(place.folder, name, 'agent_pids.json')) ?? { processes: [] };
    const server = processes.find(({ kind }) => kind === 'model');
    const init = processes.find(({ kind }) => kind === 'init');
    expect(server !== undefined && isAlive(server)).toBe(true);
    process.kill(init?.pid ?? Number.NaN, 'SIGKILL');
    chat.type('hello');
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(server !== undefined && isAlive(server)).toBe(false);
    expect(left(place.folder)).toEqual(['tiny.gguf']);
  });

  it('an interrupt ends the answer and the chat', async () => {
    const folder = temporaryFolder();
    const chat = piped(folder, ['chat']);
    await eventually(() => chat.errors().includes('private stack'));
    chat.type(`say: ${ENDLESS}`, 'say: never asked');
    chat.process.kill('SIGINT');
    expect(await chat.ended).toMatchObject({ code: 130, signal: null, output: '' });
    expect(left(folder)).toEqual([]);
  });
});

describe('with a running stack', () => {
  it('talks in its chats, says which options are not used, and leaves it running', async () => {
    const { start, folder, url, pidOf } = workplace();
    await start();
    const chat = piped(folder, ['chat', 'analyst', '--chat', 'second', '--policy', 'none']);
    chat.type('say: kept');
    chat.end();
    const { code, output, errors } = await chat.ended;
    expect({ code, output }).toEqual({ code: 0, output: 'kept\n' });
    expect(errors).toContain('a stack runs already with this data folder: --policy not used');
    expect(errors).toContain(`the stack at ${url()}`);
    const history = (await (await fetch(`${url()}/chat/analyst/history?chat=second`)).json()) as { messages: object[] };
    expect(history.messages).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'kept' }]);
    expect(pidOf('supervisor')).toBeGreaterThan(0);
  });

  it('a run that fails is told with its reason, the next line is answered, and the exit code is 1', async () => {
    const { start, folder } = workplace();
    await start();
    const chat = piped(folder, ['chat']);
    chat.type('fault: garbage', 'say: after it');
    chat.end();
    const { code, output, errors } = await chat.ended;
    expect(code).toBe(1);
    expect(output.split('\n').at(-2)).toBe('after it');
    expect(errors).toMatch(/failed: \w+/);
  });

  it('an answer goes on where it was when the supervisor is killed in its middle', async () => {
    const { start, folder, pidOf, url } = workplace();
    await start();
    const chat = piped(folder, ['chat']);
    chat.type(`say: ${LONG}`);
    const isStreaming = async () => {
      const { messages } = (await (await fetch(`${url()}/chat/assistant/history`)).json()) as {
        messages: { status: string; content: string }[];
      };
      return messages.some(({ status, content }) => status === 'streaming' && content.length > 50);
    };
    await eventually(isStreaming);
    process.kill(pidOf('supervisor') || Number.NaN, 'SIGKILL');
    chat.end();
    expect(await chat.ended).toMatchObject({ code: 0, output: `${LONG}\n` });
  });

  it('ends with a clear word when the stack is stopped under it', async () => {
    const { start, run, folder } = workplace();
    await start(['--grace-seconds', '0']);
    const chat = piped(folder, ['chat']);
    await eventually(() => chat.errors().includes('the stack at'));
    chat.type(`say: ${ENDLESS}`);
    await run(['--stop']).ended;
    const { code, errors } = await chat.ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/interject: The stack has ended\. The message/);
  });

  it('nobody who reads is no crash', async () => {
    const { start, folder } = workplace();
    await start();
    const chat = piped(folder, ['chat']);
    chat.process.stdout?.destroy();
    await eventually(() => chat.errors().includes('the stack at'));
    chat.type('say: one', 'say: two', 'say: three');
    chat.end();
    const { code, signal, errors } = await chat.ended;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(errors).not.toMatch(/EPIPE|at .*\.ts:/);
  });
});
