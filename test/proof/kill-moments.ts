/** The moments of the kill matrix: how each is reached without guessing, and how it is told afterwards that it was hit. */
import type { SettingsChange } from '../../agent/backend/simulator/settings.ts';
import type { EventReader } from './event-reader.ts';
import { sayCoded, words } from './messages.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { until } from './until.ts';

/** A run that is to be hit. */
export interface Target {
  stack: StackUnderTest;
  reader: EventReader;
  run: string;
  /** What was sent; unique, so that its model calls can be told from others. */
  content: string;
}

/** When the victim was killed, in milliseconds since 1970: before and after the signal. */
export interface Killed {
  before: number;
  after: number;
}

export interface Moment {
  name: string;
  /** What the model says; `marker` makes it unique. */
  message(marker: string): { content: string; answer: string };
  /** Of the simulator, while the moment is being reached. */
  settings: SettingsChange;
  /** Resolves in the moment. */
  reach(target: Target): Promise<void>;
  /** To be done when the victim is dead. */
  afterwards?(target: Target): void;
  /** Whether the kill fell into the moment; asked when the run has ended. */
  wasHit(target: Target, killed: Killed): boolean;
}

const QUICK = { ttftMs: 10, tokensPerSecond: 300 };

function saying(text: (marker: string) => string): Moment['message'] {
  return (marker) => ({ content: `say: ${text(marker)}`, answer: text(marker) });
}

const beforeTheFirstDelta: Moment = {
  name: 'before the first delta',
  message: saying((marker) => `${marker} ${words(20)}`),
  settings: { ...QUICK, ttftMs: 1500 },
  async reach({ stack, reader, run, content }) {
    await reader.nextOf(run, 'turn-start');
    await until('the model call', async () => (await stack.client.modelCalls(content))[0]?.outcome === 'running');
    // The call that runs keeps its time; only those that follow are quick.
    await stack.client.simulate(QUICK);
  },
  wasHit: ({ reader, run }, { after }) => firstDelta(reader, run) >= after,
};

const afterAReleasedDelta: Moment = {
  name: 'after a released delta',
  message: saying((marker) => `${marker} ${words(30)}`),
  settings: { ...QUICK, tokensPerSecond: 40 },
  async reach({ stack, reader, run }) {
    await reader.nextOf(run, 'text-delta');
    await stack.client.simulate(QUICK);
  },
  wasHit: ({ reader, run }, { before, after }) => firstDelta(reader, run) <= before && settledAt(reader, run) >= after,
};

const betweenCutAndNextTurn: Moment = {
  name: 'between cut and next turn',
  message(marker) {
    return { content: sayCoded(`${marker} one two ERROR three`), answer: `${marker} one two three` };
  },
  settings: QUICK,
  async reach({ reader, run }) {
    await reader.nextOf(run, 'turn-cut');
  },
  wasHit: ({ reader, run }, { after }) => startOfTurn(reader, run, 2) >= after,
};

const beforeTheSettlement: Moment = {
  name: "after the turn's end, before its settlement",
  message: saying((marker) => `${marker} ${words(30)}`),
  settings: { ...QUICK, tokensPerSecond: 100 },
  async reach({ stack, reader, run, content }) {
    await reader.nextOf(run, 'text-delta');
    stack.kill('supervisor', 'SIGSTOP');
    await until('the end of the model call', () => isCompleted(stack, content));
    await until('the agent to have sent the end', () =>
      stack.log().some((line) => line.msg === TURN_ENDED && line.run === run),
    );
  },
  afterwards: ({ stack }) => void stack.signal('supervisor', 'SIGCONT'),
  wasHit: ({ reader, run }, { after }) => settledAt(reader, run) >= after,
};

export const MOMENTS: readonly Moment[] = [
  beforeTheFirstDelta,
  afterAReleasedDelta,
  betweenCutAndNextTurn,
  beforeTheSettlement,
];

/** What an agent logs, at `debug`, when a turn's end has been handed to its connection. */
const TURN_ENDED = 'turn ended';

async function isCompleted(stack: StackUnderTest, content: string): Promise<boolean> {
  return (await stack.client.modelCalls(content))[0]?.outcome === 'completed';
}

function firstDelta(reader: EventReader, run: string): number {
  return reader.of(run).find(({ type }) => type === 'text-delta')?.ts ?? Number.NaN;
}

function settledAt(reader: EventReader, run: string): number {
  return reader.of(run).find(({ type }) => type === 'turn-end' || type === 'turn-cut')?.ts ?? Number.NaN;
}

function startOfTurn(reader: EventReader, run: string, turn: number): number {
  return reader.of(run).find((event) => event.type === 'turn-start' && event.turn === turn)?.ts ?? Number.NaN;
}
