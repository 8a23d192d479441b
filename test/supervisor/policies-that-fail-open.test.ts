/** Policies that may be done without: they say so, and a run goes on when they fail. And what the host counts and tells apart. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../supervisor/store/store.ts';
import { transact } from '../store/temporary-store.ts';
import { startStack } from './running-stack.ts';

const THROWS = `() => { throw new Error('oh no'); }`;

test.each(['onMessage', 'onText', 'onTurnEnd'])('%s throws: it is passed over and counted', async (hook) => {
  const open = `{ name: 'mine', onFailure: 'open', ${hook}: ${THROWS} }`;
  const stack = await startStack({ policies: [open] });
  expect(await stack.ask('say: hello')).toMatchObject({ status: 'answered', content: 'hello' });
  const [view] = stack.supervisor.policies();
  expect(view).toMatchObject({ onFailure: 'open', agents: ['assistant', 'analyst'] });
  expect(view?.failures).toBeGreaterThan(0);
});

test('in quarantine it is not asked, and runs go on; released it is asked again', async () => {
  const refusing = `() => ({ action: 'block', reason: 'no' })`;
  const stack = await startStack({ policies: [`{ name: 'mine', onFailure: 'open', onMessage: ${refusing} }`] });
  await stack.stopSupervisor();
  const store = openStore(join(stack.folder, 'interject.db'), 'normal');
  transact(store, () => {
    for (const now of [1, 2]) store.offences.count('mine', 'v0', now);
  });
  store.close();
  await stack.startSupervisor();
  expect((await stack.ask('say: hello')).status).toBe('answered');
  expect(stack.supervisor.policies()).toMatchObject([{ name: 'mine', quarantined: true, verdicts: { block: 0 } }]);
  expect(await stack.supervisor.releasePolicy('mine')).toMatchObject({ quarantined: false });
  expect((await stack.ask('say: hello')).status).toBe('blocked');
  expect(stack.supervisor.policies()).toMatchObject([{ verdicts: { block: 1 }, failures: 0 }]);
  const events = await stack.eventsUntil({}, ({ type, state }) => type === 'policy' && state === 'released');
  expect(events.at(-1)).toMatchObject({ policy: 'mine', version: 'v0' });
});
