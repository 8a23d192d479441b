/**
 * A log for processes that must stay small: lines as pino writes them (level, time, pid, name, msg), appended to the same file.
 * pino itself would cost each agent some megabytes.
 */
import { openSync, writeSync } from 'node:fs';
import type { Log } from '../agent/log.ts';
import type { LogSettings } from './control.ts';
import { redactFields, redactLine, showsContents } from './redact.ts';
import { translateLocations } from './source-locations.ts';

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: 100 } as const;

/** Opens the file. `name`: who writes; `secrets`: texts that must not be in any line. */
export function createSmallLog(settings: LogSettings, name: string, secrets: readonly string[]): Log {
  const file = openSync(settings.file, 'a', 0o600);
  const least = LEVELS[settings.level as keyof typeof LEVELS] ?? LEVELS.info;
  const contents = showsContents(settings.level);
  const writer = (level: number) => (fields: object, msg: string) => {
    if (level < least) return;
    const entry = { level, time: Date.now(), pid: process.pid, name, ...plain(redactFields(fields, contents)), msg };
    append(file, `${redactLine(JSON.stringify(entry), secrets)}\n`);
  };
  return {
    debug: writer(LEVELS.debug),
    info: writer(LEVELS.info),
    warn: writer(LEVELS.warn),
    error: writer(LEVELS.error),
  };
}

/** One write a line: lines of several processes do not mix in a file that is opened for appending. */
function append(file: number, line: string): void {
  try {
    writeSync(file, line);
  } catch {
    // A full disk is no reason to end.
  }
}

function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainError(value)]));
}

/** What pino's serializer makes of an error, with places in the sources. */
export function plainError(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { code } = value as { code?: unknown };
  const stack = translateLocations(value.stack ?? '');
  return { type: value.name, message: value.message, stack, ...(code !== undefined && { code }) };
}
