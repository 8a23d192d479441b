/**
 * Entry of the process that drives one benchmark for the supervisor of a stack. It says and hears everything over the channel to the
 * supervisor, and ends at once when that closes, with its agents. Its argument is the folder for what is temporary, which goes with it.
 */
import { rmSync } from 'node:fs';
import { LeasedSlots } from '../../bench/in-stack/leased-slots.ts';
import { driveBenchmark } from '../../bench/in-stack/measure.ts';
import { PAIR } from '../../bench/schedule/agent-work.ts';
import type { BenchmarkOrder, FromBenchmark, ToBenchmark } from '../../supervisor/benchmarks/messages.ts';
import { EXIT } from '../failure.ts';

/** Milliseconds for ending agents and removing what is temporary, once nobody listens. */
const LEAVE_MS = 700;

const [, , temporary] = process.argv;
const leaving = new AbortController();
const ends: (() => unknown)[] = [];
let slots: LeasedSlots | undefined;

if (process.send === undefined) {
  process.stderr.write('This program is started by a stack and does nothing by itself.\n');
  process.exit(EXIT.usage);
}
// Init handles these; a terminal sends them to everybody.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => {
  setTimeout(() => process.exit(EXIT.ok), LEAVE_MS);
  leaving.abort();
  void endAll().then(() => process.exit(EXIT.ok));
});
process.on('exit', () => temporary !== undefined && rmSync(temporary, { recursive: true, force: true }));
process.on('message', (message) => hear(message as ToBenchmark));

function hear(message: ToBenchmark): void {
  if (message.type === 'start') void drive(message.order);
  else if (message.type === 'stop') leaving.abort();
  else slots?.hear(message);
}

async function drive(order: BenchmarkOrder): Promise<void> {
  const backends = order.servers.map(({ name }, index) => [PAIR[index] ?? '', name] as const);
  slots = new LeasedSlots(new Map(backends), send, leaving.signal);
  const tell = (progress: Extract<FromBenchmark, { type: 'progress' }>['progress']): void =>
    send({ type: 'progress', progress });
  const outcome = await driveBenchmark({
    order,
    slots,
    interrupt: leaving.signal,
    tell,
    isHeard: () => process.connected,
    ends,
  });
  await endAll();
  process.send?.({ type: 'ended', outcome } satisfies FromBenchmark, () => process.exit(EXIT.ok));
}

async function endAll(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}

function send(message: FromBenchmark): void {
  // The callback takes the error of a channel that closes meanwhile: `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
