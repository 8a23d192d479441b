/** A policy that did not return, or ended the process, is charged with that by the next supervisor. */
import type { Log } from '../../agent/log.ts';
import type { Recorder } from '../recorder.ts';
import type { ChildExit } from '../settings.ts';
import type { Store } from '../store/store.ts';
import { type Offence, whatItDid } from './watchdog.ts';

interface Books {
  recorder: Recorder;
  store: Store;
  log: Log;
}

/** Counts the offence and tells when it quarantines the version. It is committed when this returns. */
export function chargeOffence({ recorder, store, log }: Books, { policy, version, run, state }: Offence): void {
  const { agent, chat, id } = store.runs.byNumber(run) ?? {};
  log.error({ policy, version, agent, chat, run: id }, 'a policy did not return or brought the supervisor down');
  const wasQuarantined = store.offences.isQuarantined(policy, version);
  recorder.write(() => {
    store.offences.count(policy, version, Date.now(), run === 0);
    if (wasQuarantined || !store.offences.isQuarantined(policy, version)) return;
    recorder.event('policy', {}, { policy, version, state: 'quarantined', reason: whatItDid({ state, run }) });
  });
  // Policies are loaded next: one that does not return from that must not undo what it is charged with.
  recorder.flush();
}

/** It ended by itself and not well; who is killed from outside has not crashed. */
export function hasCrashed(exit: ChildExit | undefined): boolean {
  return exit !== undefined && exit.code !== 0 && exit.signal !== 'SIGKILL';
}
