/**
 * Every process of the stack, killed with SIGKILL at every moment of a run that matters: what was acknowledged is answered once, what
 * readers were shown is what is stored, and no process is left that nobody looks after.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { Arena } from './arena.ts';
import { type Killed, MOMENTS, type Moment, type Target } from './kill-moments.ts';
import { until } from './until.ts';
import { expectAnsweredOnce } from './whole-run.ts';

const VICTIMS = ['init', 'supervisor', 'assistant', 'simulator'];

/** A moment that is over in 30 ms may be missed on a busy machine; then it is tried again. */
const MOST_ATTEMPTS = 12;

describe.each(VICTIMS)('kill -9 %s', (victim) => {
  const arena = new Arena();
  afterAll(() => arena.close());

  test.each(MOMENTS.map((moment) => [moment.name, moment] as const))('%s', async (_name, moment) => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) if (await hit(arena, victim, moment)) return;
    expect.fail(`the moment was missed ${MOST_ATTEMPTS} times`);
  });
});

/** Kills the victim in a new run and checks that run; whether the kill fell into the moment. */
async function hit(arena: Arena, victim: string, moment: Moment): Promise<boolean> {
  const { stack, reader, marker } = await arena.next();
  const { content, answer } = moment.message(marker);
  const message = { content, chat: marker, key: marker };
  await stack.client.simulate(moment.settings);
  const run = await stack.client.send('assistant', message);
  const target = { stack, reader, run, content };
  await moment.reach(target);
  const killed = await kill(target, victim, moment);
  expect(await stack.client.sendUntilAcknowledged('assistant', message)).toBe(run);
  await expectAnsweredOnce(stack, reader, { run, content, answer });
  expect(await stack.client.send('assistant', message)).toBe(run);
  await stack.ready();
  await stack.assertNoOrphans();
  arena.passed();
  return moment.wasHit(target, killed);
}

/** Kills, and resolves when the victim is back: init by another start, what init looks after by itself. */
async function kill(target: Target, victim: string, moment: Moment): Promise<Killed> {
  const { stack } = target;
  const pid = stack.pid(victim);
  const before = Date.now();
  stack.kill(victim);
  const killed = { before, after: Date.now() };
  moment.afterwards?.(target);
  if (victim === 'init') {
    await stack.initEnded();
    await stack.assertNoProcess();
    await stack.start();
  } else {
    await until(`another ${victim}`, () => stack.pid(victim) !== 0 && stack.pid(victim) !== pid);
  }
  return killed;
}
