/** Servers that others use, too: a wait for a slot is in no time of the files, and a concurrent part with one does not count. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readResults } from '../../../bench/results/read.ts';
import { runConfiguration } from '../../../bench/run/configuration.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import { OWN_SERVERS, type Slots } from '../../../bench/schedule/slots.ts';
import { folder, settings, simulator, surroundingsOn } from '../two-simulators.ts';

const WAIT_MS = 400;

/** Slots for which the calls of these numbers wait, counted from 1 over both agents. */
function slotsThatKeepWaiting(isKept: (call: number) => boolean, refused?: string): Slots {
  let calls = 0;
  return {
    ...OWN_SERVERS,
    async begin() {
      if (!isKept(++calls)) return { waitedMs: 0, refused: undefined };
      if (refused !== undefined) return { waitedMs: 0, refused };
      await sleep(WAIT_MS);
      return { waitedMs: WAIT_MS, refused: undefined };
    },
  };
}

async function measured(slots: Slots, design: 'sound' | 'legacy') {
  const surroundings = await surroundingsOn([(await simulator()).url, (await simulator()).url]);
  const notes: string[] = [];
  const progress = { ...surroundings.progress, note: (line: string) => void notes.push(line) };
  const path = join(folder(), 'results');
  const all = settings({ design });
  await runConfiguration(all, { ...surroundings, progress, slots }, ResultFolder.open(path, all, false));
  const content = readResults(path).runs[0]?.content;
  if (content === undefined) throw new Error('there is no run');
  return { ...content, notes };
}

test('alone and one after the other a wait is told and subtracted', async () => {
  // Both calls of a alone, and the second one of the serial part.
  const { measurements, schedule, notes } = await measured(
    slotsThatKeepWaiting((call) => [1, 2, 6].includes(call)),
    'sound',
  );
  const waits = schedule.filter(({ slot_wait_ms }) => slot_wait_ms !== undefined);
  expect(waits.map(({ kind, agent, slot_wait_ms }) => [kind, agent, slot_wait_ms])).toEqual([
    ['solo', 'a', WAIT_MS],
    ['solo', 'a', WAIT_MS],
    ['serial', 'a', WAIT_MS],
  ]);
  for (const { wall_time_s, released_ms, ended_ms, agents, kind } of measurements) {
    const held = agents.reduce((sum, one) => sum + (one.ended_ms - one.started_ms) / 1000 - one.execution_time_s, 0);
    const isHeldUp = kind === 'serial' || (kind === 'solo' && agents[0]?.agent === 'a');
    const [least, most] = isHeldUp ? [WAIT_MS / 1000, (2 * WAIT_MS) / 1000] : [0, 0];
    expect([least, most].some((seconds) => Math.abs(held - seconds) < 1e-6)).toBe(true);
    expect(wall_time_s).toBeCloseTo((ended_ms - released_ms) / 1000 - held, 6);
  }
  expect(notes).toEqual([]);
});

test('a concurrent part in which one waited is measured anew', async () => {
  const run = await measured(
    slotsThatKeepWaiting((call) => call === 3),
    'legacy',
  );
  expect(run.notes).toEqual([expect.stringContaining('it is measured anew')]);
  expect(run.summary.efficiency_percent).toBeGreaterThan(0);
  expect(run.schedule.filter(({ slot_wait_ms, invalid }) => slot_wait_ms !== undefined || invalid)).toEqual([]);
});

test('one that is never spared is invalid by name, and never averaged in', async () => {
  const run = await measured(
    slotsThatKeepWaiting((call) => call % 4 === 0),
    'legacy',
  );
  expect(run.notes).toHaveLength(2);
  expect(run.summary.efficiency_percent).toBeUndefined();
  expect(run.schedule.flatMap(({ invalid }) => invalid ?? [])).toEqual([
    { reason: 'waited_for_slot', detail: `it waited ${WAIT_MS} ms for a slot that others had` },
  ]);
});

test('a slot that is refused is an invalid call that was never made', async () => {
  const run = await measured(
    slotsThatKeepWaiting((call) => call === 1, 'one is down: it does not answer'),
    'legacy',
  );
  expect(run.schedule.flatMap(({ invalid }) => invalid ?? [])).toEqual([
    { reason: 'connection', detail: 'one is down: it does not answer' },
  ]);
  expect(run.summary.efficiency_percent).toBeUndefined();
});
