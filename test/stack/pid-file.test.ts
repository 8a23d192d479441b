import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RecordedProcess, readPidFile, removePidFile, writePidFile } from '../../stack/pid-file.ts';
import { isAlive, signalProcess, startTime } from '../../stack/process-identity.ts';
import { RunningRecord } from '../../stack/running-record.ts';
import { endSurvivors } from '../../stack/survivors.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A process of nobody's. */
async function startStranger(program = 'setInterval(() => {}, 1000); process.stdout.write("up")') {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const recorded: RecordedProcess = { id: 'x', kind: 'agent', pid, start_time: startTime(pid) ?? '' };
  return { child, recorded };
}

describe('a process', () => {
  it('is known by its id and its start time together', async () => {
    const { child, recorded } = await startStranger();
    expect(isAlive(recorded)).toBe(true);
    expect(isAlive({ ...recorded, start_time: String(recorded.start_time) })).toBe(true);
    expect(isAlive({ ...recorded, start_time: 1 })).toBe(false);
    expect(isAlive({ pid: process.pid, start_time: recorded.start_time })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(recorded)).toBe(false);
    expect(signalProcess(recorded, 'SIGTERM')).toBe(false);
  });
});

describe('the PID file', () => {
  it('says what it was told, for its owner only, and leaves nothing beside it', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'agent_pids.json');
    const record = new RunningRecord(file, [], (error) => {
      throw error;
    });
    const agent: RecordedProcess = { id: 'assistant', kind: 'agent', pid: 4711, start_time: 1 };
    record.children = [agent];
    record.url = 'http://127.0.0.1:8002';
    const init = { id: 'init', kind: 'init', pid: process.pid, start_time: startTime(process.pid) };
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      url: 'http://127.0.0.1:8002',
      processes: [init, agent],
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['agent_pids.json']);
    record.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is read whatever it holds', () => {
    const file = join(temporaryFolder(), 'agent_pids.json');
    expect(readPidFile(file)).toBeUndefined();
    const empty = { started_at: '', url: '', processes: [] };
    for (const rubbish of ['', '{', 'null', '[]', '7', '{"processes": {}}', '{"url": 3, "started_at": []}']) {
      writeFileSync(file, rubbish);
      expect(readPidFile(file)).toEqual(empty);
    }
    const good = { id: 'a', kind: 'agent', pid: 4711, start_time: 'Mon Jan  1 00:00:00 2026' };
    const bad = [null, 1, {}, { ...good, pid: 1 }, { ...good, pid: 0 }, { ...good, pid: -5 }, { ...good, pid: '7' }];
    const worse = [
      { ...good, kind: 'shell' },
      { ...good, start_time: null },
      { ...good, id: 5 },
    ];
    writeFileSync(file, JSON.stringify({ processes: [...bad, good, ...worse] }));
    expect(readPidFile(file)?.processes).toEqual([good]);
    removePidFile(file);
    expect(readPidFile(file)).toBeUndefined();
  });

  it('is never seen half written', () => {
    const file = join(temporaryFolder(), 'agent_pids.json');
    const many = Array.from({ length: 200 }, (_, index) => ({
      id: `a${index}`,
      kind: 'agent' as const,
      pid: 2,
      start_time: 3,
    }));
    writePidFile(file, { started_at: '', url: '', processes: many });
    const before = statSync(file).ino;
    writePidFile(file, { started_at: '', url: '', processes: many });
    expect(statSync(file).ino).not.toBe(before);
  });
});

describe('survivors', () => {
  it('are ended, those that are deaf to SIGTERM too', async () => {
    const soft = await startStranger();
    const deaf = await startStranger('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")');
    const ended = [once(soft.child, 'exit'), once(deaf.child, 'exit')];
    expect(await endSurvivors([soft.recorded, deaf.recorded])).toEqual([soft.recorded, deaf.recorded]);
    expect((await Promise.all(ended)).map(([, signal]) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('are only those whose start time is the recorded one', async () => {
    const { child, recorded } = await startStranger();
    expect(await endSurvivors([{ ...recorded, start_time: 12 }])).toEqual([]);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    expect(isAlive(recorded)).toBe(true);
  });

  it('are never this process itself', async () => {
    const own: RecordedProcess = {
      id: 'init',
      kind: 'init',
      pid: process.pid,
      start_time: startTime(process.pid) ?? '',
    };
    expect(await endSurvivors([own])).toEqual([]);
  });
});
