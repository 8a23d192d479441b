/** How far a benchmark is, on stderr: a bar with the remaining time on a terminal, plain lines elsewhere. */
import { duration, type Progress, RemainingTime } from '../../../bench/run/progress.ts';
import { printable } from '../../printable.ts';

/** Where it is shown. */
type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** How far a benchmark is. */
interface Far {
  /** From 0 to 1. */
  fraction: number;
  /** Undefined: not known yet. */
  secondsLeft: number | undefined;
}

/** Shows the parts that are measured, and notes. */
export interface Display {
  began(what: string, far: Far): void;
  ended(what: string, seconds: number, far: Far): void;
  /** A line that stays. */
  note(line: string): void;
  /** Clears what is shown; what begins next is shown again. */
  hide(): void;
}

/** The progress of a benchmark in this process. */
export async function openProgress(output: Output = process.stderr): Promise<Progress> {
  const display = await openDisplay(output);
  const time = new RemainingTime();
  let current = '';
  return {
    expect: (works) => time.expect(works),
    began(what) {
      current = what;
      display.began(what, time);
    },
    ended(works, { releasedMs, endedMs }) {
      const seconds = (endedMs - releasedMs) / 1000;
      time.ended(works, seconds);
      display.ended(current, seconds, time);
    },
    note: (line) => display.note(line),
    hide: () => display.hide(),
  };
}

/** A bar on a terminal, lines elsewhere. */
export async function openDisplay(output: Output = process.stderr): Promise<Display> {
  return output.isTTY ? openBar(output as NodeJS.WriteStream) : openLines(output);
}

function openLines(output: Output): Display {
  const note = (line: string): void => void output.write(`interject: ${printable(line)}\n`);
  return {
    began() {},
    ended: (what, seconds, far) => note(`${what}: ${seconds.toFixed(2)} s; ${leftOf(far)}`),
    note,
    hide() {},
  };
}

async function openBar(output: NodeJS.WriteStream): Promise<Display> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream: output,
    format: '{bar} {percentage} % | {what} | {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  let isShown = false;
  const hide = (): void => {
    if (isShown) bar.stop();
    isShown = false;
  };
  const show = (what: string, far: Far): void => {
    const shown = { what: printable(what), left: leftOf(far) };
    if (isShown) bar.update(far.fraction, shown);
    else bar.start(1, far.fraction, shown);
    isShown = true;
  };
  return {
    began: show,
    ended: (what, _seconds, far) => show(what, far),
    note(line) {
      hide();
      output.write(`interject: ${printable(line)}\n`);
    },
    hide,
  };
}

function leftOf({ secondsLeft: seconds }: Far): string {
  return seconds === undefined ? 'the remaining time is not known yet' : `about ${duration(seconds)} left`;
}
