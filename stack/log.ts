/**
 * The log: pino's JSON lines, appended to one file in the data folder by every process. Secrets are redacted, contents of messages are
 * there at `debug` and `trace` only. Init shows its own entries on the terminal too.
 */
import pino from 'pino';
import type { LogSettings } from './control.ts';
import { redactFields, redactLine, showsContents } from './redact.ts';
import { translateLocations } from './source-locations.ts';

export type Logger = pino.Logger;

/** Opens the log. `name`: who writes; `secrets`: texts that must not be in any line; `terminal`: gets every line too. */
export function createLog(
  settings: LogSettings,
  name: string,
  secrets: readonly string[],
  terminal?: pino.StreamEntry,
): Logger {
  // Synchronous: an entry that was logged is in the file, whatever the process dies of.
  const file = pino.destination({ dest: settings.file, append: true, mkdir: true, mode: 0o600, sync: true });
  // A full disk is no reason to end.
  file.on('error', () => {});
  const streams = pino.multistream([{ level: 'trace', stream: file }, ...(terminal === undefined ? [] : [terminal])]);
  const contents = showsContents(settings.level);
  return pino(
    {
      level: settings.level,
      base: { pid: process.pid, name },
      serializers: { err: plainError, error: plainError },
      formatters: {
        log: (fields) => redactFields(fields, contents),
        bindings: (fields) => redactFields(fields, contents),
      },
      hooks: { streamWrite: (line) => redactLine(line, secrets) },
    },
    terminal === undefined ? file : streams,
  );
}

/** What stands in the log of an error, with places in the sources. */
function plainError(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { code } = value as { code?: unknown };
  const stack = translateLocations(value.stack ?? '');
  return { type: value.name, message: value.message, stack, ...(code !== undefined && { code }) };
}
