/** The thread behind watchdog.ts. It looks ten times a second and counts looks, not time: a machine may have slept. */
import { rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { NOTE, type Offence, type WatchdogSettings, writeOffence } from './watchdog.ts';

const LOOK_MS = 100;
/** A call that brings the process down by itself is named if it lasted this long. */
const SLOW_LOOKS = 1;
/** 500 ms. */
const HUNG_LOOKS = 5;
/** Loading may take longer: 3 s. */
const HUNG_LOADING_LOOKS = 30;

const settings = workerData as WatchdogSettings;
const note = new Int32Array(settings.note);
const policies = [...settings.policies];
parentPort?.on('message', (policy) => policies.push(policy));

let lastCall = 0;
let looks = 0;

setInterval(() => {
  const call = Atomics.load(note, NOTE.call);
  if (call === 0 || call !== lastCall) return start(call);
  looks++;
  const run = note[NOTE.run] ?? 0;
  if (looks === SLOW_LOOKS) write('slow', run);
  if (looks >= (run === 0 ? HUNG_LOADING_LOOKS : HUNG_LOOKS)) {
    write('hung', run);
    process.kill(settings.pid, 'SIGKILL');
  }
}, LOOK_MS);

function start(call: number): void {
  if (looks >= SLOW_LOOKS) rmSync(settings.file, { force: true });
  lastCall = call;
  looks = 0;
}

function write(state: Offence['state'], run: number): void {
  const policy = policies[note[NOTE.policy] ?? 0] ?? { name: 'unknown', version: 'unknown' };
  writeOffence(settings.file, { pid: settings.pid, policy: policy.name, version: policy.version, run, state });
}
