/** How far a benchmark is, on stderr: plain lines. */
import type { Progress } from '../../../bench/run/progress.ts';
import { printable } from '../../printable.ts';

/** Notes and finished parts, each a line. */
export async function openProgress(): Promise<Progress> {
  let current = '';
  const note = (line: string): void => void process.stderr.write(`interject: ${printable(line)}\n`);
  return {
    began(what) {
      current = what;
    },
    ended(_kind, { releasedMs, endedMs }) {
      note(`${current}: ${((endedMs - releasedMs) / 1000).toFixed(2)} s`);
    },
    note,
    close() {},
  };
}
