/** What a person sees: plain lines on stdout, warnings on stderr; colours on a terminal only, and not where NO_COLOR is set. */
import type { WriteStream } from 'node:tty';
import { showsContents } from './redact.ts';
import type { Paint } from './start-lines.ts';

/** Whether colours may be written to a stream. */
export function hasColours(stream: Pick<WriteStream, 'isTTY'>, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

/** Colours for a stream, or none. */
export async function paintFor(stream: Pick<WriteStream, 'isTTY'>): Promise<Paint> {
  const { default: picocolors } = await import('picocolors');
  return picocolors.createColors(hasColours(stream));
}

/** Writes a line to stdout. A terminal that has gone away is no reason to end. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a long text to stdout and waits until it is out: a process that ends before would cut off what a pipe could not take yet. */
export function sayAll(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}

/** Makes writing to a terminal, or a pipe, that has gone away harmless. */
export function ignoreLostTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

interface Entry {
  level: number;
  msg: string;
  stream?: string;
}

const WARN = 40;
const ERROR = 50;

/**
 * Shows log entries on stderr: pretty on a terminal, plain elsewhere; warnings and worse, at `debug` and `trace` everything.
 * For pino's multistream.
 */
export function terminalLog(level: string): { level: 'trace'; stream: { write(line: string): void } } {
  const showsAll = showsContents(level);
  let format: (line: string) => string = plainLine;
  if (process.stderr.isTTY) {
    void import('pino-pretty').then(({ prettyFactory }) => {
      format = prettyFactory({
        colorize: hasColours(process.stderr),
        ignore: 'pid,name,kind,id,agent,child,ended,reason,restartMs',
      });
    });
  }
  const write = (line: string): void => {
    const { level, stream } = JSON.parse(line) as Entry;
    if (showsAll || (level >= WARN && stream === undefined)) process.stderr.write(format(line));
  };
  return { level: 'trace', stream: { write } };
}

function plainLine(line: string): string {
  const { level, msg } = JSON.parse(line) as Entry;
  const word = level >= ERROR ? 'error: ' : level >= WARN ? 'warning: ' : '';
  return `interject: ${word}${msg}\n`;
}
