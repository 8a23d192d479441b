/** How far a benchmark is, on stderr: a bar with the remaining time on a terminal, plain lines elsewhere. */
import { duration, type Progress, RemainingTime } from '../../../bench/run/progress.ts';
import { printable } from '../../printable.ts';

/** Where it is shown. */
type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** Shows notes and the parts that are measured. */
export async function openProgress(output: Output = process.stderr): Promise<Progress> {
  return output.isTTY ? openBar(output as NodeJS.WriteStream) : openLines(output);
}

function openLines(output: Output): Progress {
  const time = new RemainingTime();
  let current = '';
  const note = (line: string): void => void output.write(`interject: ${printable(line)}\n`);
  return {
    expect: (works) => time.expect(works),
    began(what) {
      current = what;
    },
    ended(works, { releasedMs, endedMs }) {
      const seconds = (endedMs - releasedMs) / 1000;
      time.ended(works, seconds);
      note(`${current}: ${seconds.toFixed(2)} s; ${leftOf(time)}`);
    },
    note,
    hide() {},
  };
}

async function openBar(output: NodeJS.WriteStream): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const time = new RemainingTime();
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
  const show = (what: string): void => {
    const shown = { what: printable(what), left: leftOf(time) };
    if (isShown) bar.update(time.fraction, shown);
    else bar.start(1, time.fraction, shown);
    isShown = true;
  };
  return {
    expect: (works) => time.expect(works),
    began: show,
    ended(works, { releasedMs, endedMs }) {
      time.ended(works, (endedMs - releasedMs) / 1000);
    },
    note(line) {
      hide();
      output.write(`interject: ${printable(line)}\n`);
    },
    hide,
  };
}

function leftOf(time: RemainingTime): string {
  const seconds = time.secondsLeft;
  return seconds === undefined ? 'the remaining time is not known yet' : `about ${duration(seconds)} left`;
}
