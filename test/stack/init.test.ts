import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FromInit } from '../../stack/control.ts';
import { readPidFile } from '../../stack/pid-file.ts';
import { isAlive } from '../../stack/process-identity.ts';
import type { ChildExit } from '../../supervisor/settings.ts';
import { startFixture } from '../fixtures/start-fixture.ts';
import { childOf } from './child-of.ts';
import { eventually } from './eventually.ts';
import { runInit } from './run-init.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('init starts', () => {
  it('stage after stage, each when the one before is ready', async () => {
    const readyOrder: string[] = [];
    const ready = (id: string) => childOf('ready.mjs', { id });
    const { init, processes } = runInit([[ready('first')], [ready('second'), ready('third')]], {
      onReady: ({ id }) => readyOrder.push(id),
    });
    await init.start();
    expect(readyOrder[0]).toBe('first');
    expect(readyOrder.slice(1).sort()).toEqual(['second', 'third']);
    expect(processes().map(({ id }) => id)).toEqual(['first', 'second', 'third']);
    expect(processes().every(isAlive)).toBe(true);
  });

  it('not at all without a significant child, and says the reason and exit code that child gave', async () => {
    const { init } = runInit([[childOf('refusing.mjs', { kind: 'supervisor', significant: true })]]);
    await expect(init.start()).rejects.toMatchObject({ message: 'no policy, no start (exit code 2)', exitCode: 2 });
  });

  it('without a child that crashes, names the error, and does not start a significant one twice', async () => {
    const { init, endsOf } = runInit([[childOf('crashing.mjs', { significant: true })]]);
    await expect(init.start()).rejects.toMatchObject({
      message: 'Error: crashed on purpose (exit code 1)',
      exitCode: 1,
    });
    expect(endsOf('crashing')).toHaveLength(1);
  });

  it('without a child that hangs, which it kills', async () => {
    const { init, endsOf, processes } = runInit([[childOf('hanging.mjs', { restart: 'temporary', startMs: 100 })]]);
    await init.start();
    expect(endsOf('hanging')[0]?.reason).toBe('it was not ready after 100 ms (signal SIGKILL)');
    expect(processes()).toEqual([]);
  });
});

describe('init restarts', () => {
  it('a child that was killed', async () => {
    const { init, pidOf } = runInit([[childOf('ready.mjs')]]);
    await init.start();
    const first = pidOf('ready') ?? Number.NaN;
    process.kill(first, 'SIGKILL');
    const second = await eventually(() => pidOf('ready') !== first && pidOf('ready'));
    expect(second).not.toBe(first);
  });

  it('a child up to its intensity, then it stops it visibly and leaves the others alone', async () => {
    const { init, endsOf, pidOf } = runInit([[childOf('ready.mjs'), childOf('crashing.mjs')]]);
    await init.start();
    await eventually(() => endsOf('crashing').length === 4);
    expect(endsOf('crashing').map(({ level, restartMs }) => [level, restartMs])).toEqual([
      ['warn', 0],
      ['warn', 10],
      ['warn', 20],
      ['error', undefined],
    ]);
    expect(endsOf('crashing').at(-1)?.message).toContain('is not started again: Error: crashed on purpose');
    expect(pidOf('ready')).toBeDefined();
    expect(endsOf('ready')).toEqual([]);
  });

  it('a transient child after a failure only, a temporary one never', async () => {
    const children = [
      childOf('ready.mjs', { id: 'transient', restart: 'transient' }),
      childOf('ready.mjs', { restart: 'temporary' }),
    ];
    const { init, endsOf, pidOf } = runInit([children]);
    await init.start();
    process.kill(pidOf('ready') ?? Number.NaN, 'SIGKILL');
    const first = pidOf('transient') ?? Number.NaN;
    process.kill(first, 'SIGKILL');
    await eventually(() => pidOf('transient') !== undefined && pidOf('transient') !== first);
    await eventually(() => endsOf('ready').length === 1);
    expect(endsOf('ready')[0]?.restartMs).toBeUndefined();
    expect(endsOf('transient')[0]?.restartMs).toBe(0);
  });

  it('no more when a significant child has ended too often, and says so', async () => {
    const significant = childOf('ready.mjs', { id: 'supervisor', kind: 'supervisor', significant: true });
    const { init, pidOf } = runInit([[significant]], {
      restartLimits: { intensity: 0, periodMs: 1000, backOffMs: 0, longestBackOffMs: 0 },
    });
    await init.start();
    process.kill(pidOf('supervisor') ?? Number.NaN, 'SIGKILL');
    expect(await init.broken).toMatchObject({ message: 'The supervisor ended too often: signal SIGKILL', exitCode: 1 });
  });

  it('without counting an end that is charged to a policy', async () => {
    const forgiven: number[] = [];
    const isForgiven = (pid: number): boolean => forgiven.push(pid) > 0;
    const child = childOf('ready.mjs', { id: 'supervisor', kind: 'supervisor', significant: true, isForgiven });
    const { init, pidOf } = runInit([[child]], {
      restartLimits: { intensity: 0, periodMs: 1000, backOffMs: 0, longestBackOffMs: 0 },
    });
    await init.start();
    const first = pidOf('supervisor') ?? Number.NaN;
    process.kill(first, 'SIGKILL');
    await eventually(() => pidOf('supervisor') !== undefined && pidOf('supervisor') !== first);
    expect(forgiven).toEqual([first]);
  });

  it('a child that gives no sign of life', async () => {
    const { init, endsOf, pidOf } = runInit([[childOf('busy.mjs', { restart: 'temporary' }), childOf('beating.mjs')]], {
      heartbeatLimits: { intervalMs: 200, missed: 4 },
    });
    await init.start();
    const beating = pidOf('beating');
    await eventually(() => endsOf('busy').length === 1);
    expect(endsOf('busy')[0]?.reason).toBe('it gave no sign of life (signal SIGKILL)');
    expect(pidOf('beating')).toBe(beating);
  });
});

describe('init stops', () => {
  it('in reverse order, the stages one after the other', async () => {
    const ready = (id: string) => childOf('ready.mjs', { id });
    const { init, lines, processes } = runInit([[ready('first')], [ready('second')], [ready('third')]]);
    await init.start();
    await init.stop();
    const ended = lines.filter(({ message }) => message.endsWith(' ended')).map(({ id }) => id);
    expect(ended).toEqual(['third', 'second', 'first']);
    expect(processes()).toEqual([]);
  });

  it('a deaf child with SIGKILL when its time is over', async () => {
    const { init, endsOf, pidOf } = runInit([[childOf('deaf.mjs', { shutdownMs: 300 })]]);
    await init.start();
    const pid = pidOf('deaf') ?? Number.NaN;
    const begun = performance.now();
    await init.stop();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(299);
    expect(endsOf('deaf')[0]?.reason).toBe('it did not end in time when it was stopped (signal SIGKILL)');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('sooner when somebody cannot wait', async () => {
    const { init, endsOf } = runInit([[childOf('ready.mjs')], [childOf('deaf.mjs', { shutdownMs: 3_600_000 })]]);
    await init.start();
    const stopped = init.stop();
    init.hurry();
    await stopped;
    expect(endsOf('deaf')[0]?.reason).toContain('SIGKILL');
    expect(endsOf('ready')).toHaveLength(1);
  });

  it('in the middle of a start', async () => {
    const { init, processes, lines } = runInit([[childOf('hanging.mjs', { shutdownMs: 100 })], [childOf('ready.mjs')]]);
    const started = init.start();
    await init.stop();
    await started;
    expect(processes()).toEqual([]);
    expect(lines.some(({ id }) => id === 'ready')).toBe(false);
  });

  it('for good: what dies meanwhile is not started again', async () => {
    const { init, pidOf, processes } = runInit([[childOf('ready.mjs')], [childOf('deaf.mjs', { shutdownMs: 300 })]]);
    await init.start();
    const stopped = init.stop();
    process.kill(pidOf('deaf') ?? Number.NaN, 'SIGKILL');
    await stopped;
    expect(processes()).toEqual([]);
  });
});

describe('the supervisor', () => {
  /** A supervisor that writes down what it is told, and two agents. */
  async function stack() {
    const file = join(temporaryFolder(), 'told');
    const previousExits: (ChildExit | undefined)[] = [];
    const supervisor = childOf('telling.mjs', {
      id: 'supervisor',
      kind: 'supervisor',
      significant: true,
      environment: { TOLD_FILE: file },
      onStart: ({ previousExit }) => previousExits.push(previousExit),
    });
    const running = runInit([[supervisor], [childOf('ready.mjs', { id: 'a' }), childOf('ready.mjs', { id: 'b' })]], {
      drainMs: 5000,
    });
    await running.init.start();
    const told = (): FromInit[] =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const toldOf = (type: string, agent?: string) =>
      told().filter(
        (message) => message.type === type && (agent === undefined || (message as { agent?: string }).agent === agent),
      );
    /** Has the supervisor send a message to init. */
    const say = (message: object): void => {
      writeFileSync(`${file}.say`, JSON.stringify(message));
      process.kill(running.pidOf('supervisor') ?? Number.NaN, 'SIGUSR2');
    };
    return { ...running, told, toldOf, say, previousExits };
  }

  it('is told of every start and end of an agent', async () => {
    const { pidOf, toldOf } = await stack();
    await eventually(() => toldOf('agent-started').length === 2);
    process.kill(pidOf('a') ?? Number.NaN, 'SIGKILL');
    await eventually(() => toldOf('agent-started', 'a').length === 2);
    const [first, second] = toldOf('agent-started', 'a') as { incarnation: string; restarts: number }[];
    expect(first?.restarts).toBe(0);
    expect(second?.restarts).toBe(1);
    expect(second?.incarnation).not.toBe(first?.incarnation);
    expect(toldOf('agent-exited')).toEqual([
      {
        type: 'agent-exited',
        agent: 'a',
        incarnation: first?.incarnation,
        reason: 'signal SIGKILL',
        restarting: true,
        expected: false,
      },
    ]);
  });

  it('is told of all of them again after it was restarted, and how its predecessor ended', async () => {
    const { pidOf, toldOf, previousExits } = await stack();
    await eventually(() => toldOf('agent-started').length === 2);
    const known = toldOf('agent-started').map(({ incarnation }: { incarnation?: string } & object) => incarnation);
    process.kill(pidOf('supervisor') ?? Number.NaN, 'SIGKILL');
    await eventually(() => toldOf('agent-started').length === 4);
    const repeated = toldOf('agent-started').slice(2) as { incarnation: string }[];
    expect(repeated.map(({ incarnation }) => incarnation).sort()).toEqual([...known].sort());
    expect(previousExits).toEqual([undefined, { code: null, signal: 'SIGKILL' }]);
  });

  it('can have an agent restarted, which does not count as a failure', async () => {
    const { say, toldOf, pidOf } = await stack();
    const first = pidOf('a');
    for (let times = 1; times <= 5; times++) {
      const before = toldOf('agent-started', 'a').length;
      say({ type: 'restart-agent', agent: 'a' });
      await eventually(() => toldOf('agent-started', 'a').length > before);
    }
    expect(pidOf('a')).not.toBe(first);
    expect(toldOf('agent-exited', 'a').every((exit) => 'expected' in exit && exit.expected && exit.restarting)).toBe(
      true,
    );
  });

  it('can have an agent stopped, which then stays so until somebody wants it restarted', async () => {
    const { say, toldOf, pidOf } = await stack();
    await eventually(() => pidOf('a'));
    say({ type: 'stop-agent', agent: 'a' });
    await eventually(() => toldOf('agent-exited', 'a').length === 1);
    expect(toldOf('agent-exited', 'a')).toMatchObject([{ restarting: false, expected: true }]);
    expect(pidOf('a')).toBeUndefined();
    say({ type: 'restart-agent', agent: 'a' });
    expect(await eventually(() => pidOf('a'))).toBeGreaterThan(0);
  });

  it('can have an agent stopped that was about to be started again', async () => {
    const { say, toldOf, pidOf } = await stack();
    process.kill(await eventually(() => pidOf('a')), 'SIGKILL');
    await eventually(() => toldOf('agent-exited', 'a').length === 1);
    say({ type: 'stop-agent', agent: 'a' });
    await eventually(() => toldOf('agent-exited', 'a').some((exit) => 'restarting' in exit && !exit.restarting));
    expect(pidOf('a')).toBeUndefined();
    say({ type: 'restart-agent', agent: 'a' });
    expect(await eventually(() => pidOf('a'))).toBeGreaterThan(0);
  });

  it('can have an agent started again that had ended too often', async () => {
    const { say, toldOf, pidOf, endsOf } = await stack();
    for (let times = 1; times <= 4; times++) {
      process.kill(await eventually(() => pidOf('a')), 'SIGKILL');
      await eventually(() => endsOf('a').length === times);
    }
    expect(pidOf('a')).toBeUndefined();
    await eventually(() => toldOf('agent-exited', 'a').length === 4);
    expect(toldOf('agent-exited', 'a').at(-1)).toMatchObject({ restarting: false, expected: false });
    say({ type: 'restart-agent', agent: 'a' });
    expect(await eventually(() => pidOf('a'))).toBeGreaterThan(0);
  });

  it('can have the end of an agent forgiven', async () => {
    const { say, toldOf, pidOf, lines } = await stack();
    for (let times = 1; times <= 6; times++) {
      const pid = await eventually(() => pidOf('b'));
      process.kill(pid, 'SIGKILL');
      await eventually(
        () => toldOf('agent-exited', 'b').length === times && toldOf('agent-started', 'b').length === times + 1,
      );
      const { incarnation } = toldOf('agent-exited', 'b').at(-1) as { incarnation: string };
      say({ type: 'exit-charged', agent: 'b', incarnation });
      await eventually(() =>
        lines.some((line) => line.message === 'charged to a message' && line.incarnation === incarnation),
      );
    }
    expect(pidOf('b')).toBeDefined();
  });

  it('is asked to drain before anything is stopped', async () => {
    const { init, told, lines } = await stack();
    await init.stop();
    const types = told().map(({ type }) => type);
    expect(types.indexOf('drain')).toBeLessThan(types.indexOf('stop'));
    expect(types.filter((type) => type === 'agent-exited')).toHaveLength(2);
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });
});

it('when init is killed its children end by themselves', async () => {
  const folder = temporaryFolder();
  const init = startFixture('stack/init-program.ts', [folder, 'ready.mjs', 'framed.ts']);
  await init.printed((line) => line === 'ready');
  const children = readPidFile(join(folder, 'agent_pids.json'))?.processes.slice(1) ?? [];
  onTestFinished(() => {
    for (const child of children) if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
  });
  expect(children).toHaveLength(2);
  expect(children.every(isAlive)).toBe(true);
  init.process.kill('SIGKILL');
  await eventually(() => !children.some(isAlive));
});
