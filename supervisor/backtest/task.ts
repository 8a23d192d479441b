/** What the thread that tests a policy is given and what it says. Types, and the names of what a policy can be doing. */
import type { RecordingFilter } from '../store/recordings.ts';
import type { BacktestReport } from './backtest.ts';
import type { RecordedItem, RecordedLabel } from './recorded.ts';

export interface BacktestTask {
  /** Built-in name, or the path as it was written. */
  use: string;
  /** The bundled module; undefined: built in. */
  file: string | undefined;
  version: string;
  /** For the policy's schema. */
  options: unknown;
  recorded: { database: string; filter: RecordingFilter } | { items: RecordedItem[]; labels: RecordedLabel[] };
  /** Two Int32: how often the policy was called, and what it is doing (an index into HOOKS). */
  progress: SharedArrayBuffer;
}

export interface RecordedReport extends BacktestReport {
  /** Turns that were left out: an older version recorded them, which did not keep their streams. */
  unrecorded: number;
  /** Milliseconds that it took to read the recordings and to replay them. */
  tookMs: number;
}

/** The first: nothing; the policy has returned. */
export const HOOKS = ['', 'onMessage', 'onText', 'onTurnEnd', 'onError', 'load'];

export type WorkerMessage =
  /** Is about to be replayed; `turn` 0: the message. */
  | { type: 'at'; run: string; turn: number }
  | { type: 'loaded'; policy: string }
  | { type: 'done'; report: RecordedReport }
  /** `isPolicy`: the policy cannot be made of its module and its options. */
  | { type: 'failed'; message: string; isPolicy: boolean };
