import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChildLife } from '../../stack/child-life.ts';
import type { ToInit } from '../../stack/control.ts';
import { startFixture } from '../fixtures/start-fixture.ts';
import { childOf } from './child-of.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** One life of the framed program. */
function live(mode = '') {
  const logFile = join(temporaryFolder(), 'interject.log');
  const messages: ToInit[] = [];
  const errors: string[] = [];
  const life = new ChildLife(childOf('framed.ts', { environment: { MODE: mode }, logFile }), undefined, {
    onMessage: (message) => messages.push(message),
    onErrorLine: (line) => errors.push(line),
    onLoading: () => {},
  });
  onTestFinished(() => life.kill('the test is over'));
  const logged = (): { msg: string; [field: string]: unknown }[] =>
    readFileSync(logFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const ready = () => eventually(() => messages.find(({ type }) => type === 'ready'));
  return { life, messages, errors, logged, ready };
}

describe('a child', () => {
  it('says when it is ready, passes messages on, drains, and stops when it is told to', async () => {
    const { life, messages, logged, ready } = live();
    expect(await ready()).toEqual({ type: 'ready', port: 7 });
    life.send({ type: 'agent-started', agent: 'a', incarnation: 'i', restarts: 0 });
    life.send({ type: 'drain', graceMs: 1000 });
    await eventually(() => messages.some(({ type }) => type === 'drained'));
    await life.stop(5000);
    expect(await life.exited).toEqual({ code: 0, signal: null });
    expect(logged().map(({ msg, name }) => [msg, name])).toEqual(
      ['begun', 'message', 'drained', 'stopping', 'aborted'].map((msg) => [msg, 'framed']),
    );
  });

  it('ends in time when what it holds does not', async () => {
    const { life, ready, logged } = live('slow');
    await ready();
    life.send({ type: 'stop', graceMs: 100 });
    expect(await life.exited).toEqual({ code: 0, signal: null });
    expect(logged().at(-1)?.msg).toBe('aborted');
  });

  it('ends on SIGTERM, and takes no notice of Ctrl-C and a lost terminal', async () => {
    const { life, ready, logged } = live();
    await ready();
    process.kill(life.pid, 'SIGINT');
    process.kill(life.pid, 'SIGHUP');
    life.send({ type: 'agent-started', agent: 'a', incarnation: 'i', restarts: 0 });
    await eventually(() => logged().some(({ msg }) => msg === 'message'));
    process.kill(life.pid, 'SIGTERM');
    expect(await life.exited).toEqual({ code: 0, signal: null });
    expect(logged().map(({ msg }) => msg)).toContain('stopping');
  });

  it('says why it cannot start, with the exit code for the stack', async () => {
    const { life, messages } = live('refuses');
    const exit = await life.exited;
    expect(exit.code).toBe(2);
    expect(messages).toContainEqual({ type: 'failed', message: 'it does not want to', exitCode: 2 });
    expect(life.reason(exit)).toBe('it does not want to (exit code 2)');
    expect(life.exitCode).toBe(2);
  });

  it('shows the stack trace of what nobody foresaw', async () => {
    const { life, errors } = live('breaks');
    const exit = await life.exited;
    expect(life.reason(exit)).toBe('it is broken (exit code 1)');
    expect(errors.join('\n')).toMatch(/TypeError: it is broken\n.*framed\.ts/);
  });

  it('beats', async () => {
    const { messages } = live();
    await eventually(() => messages.some(({ type }) => type === 'heartbeat'));
  });

  it('does nothing when nobody forked it', async () => {
    const alone = startFixture('stack/framed.ts', []);
    expect(await alone.ended).toBe(2);
    expect(alone.errors()).toContain('started by run.ts');
  });
});

it('what a child sends is checked before it is taken for anything', async () => {
  const messages: ToInit[] = [];
  const errors: string[] = [];
  const life = new ChildLife(childOf('talking-nonsense.mjs'), undefined, {
    onMessage: (message) => messages.push(message),
    onErrorLine: (line) => errors.push(line),
    onLoading: () => {},
  });
  onTestFinished(() => life.kill('the test is over'));
  await eventually(() => messages.length > 0);
  expect(messages).toEqual([{ type: 'ready' }]);
  expect(errors).toEqual([
    'to init: message.type: unknown message nonsense',
    expect.stringContaining('to init: message.type: '),
    'to init: message.port: expected a whole number',
  ]);
});

it('a program that cannot be started is told as such', async () => {
  const missing = childOf('there-is-no-such-program.mjs');
  const life = new ChildLife(missing, undefined, { onMessage: () => {}, onErrorLine: () => {}, onLoading: () => {} });
  const exit = await life.exited;
  expect(exit.code).toBe(1);
  expect(life.reason(exit)).toContain('Cannot find module');
});
