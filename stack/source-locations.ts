/**
 * Translates places in bundles (`…/agent.mjs:120:15`) to places in the sources. Source maps are read only here, when an error is
 * printed: with Node's own `--enable-source-maps` every process would pay 9 to 17 MB for them.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PLACE = /(?:file:\/\/)?(\/[^\s():]+\.mjs):(\d+)(?::(\d+))?/g;

/** The same text, for example a stack trace, with places in the sources. What cannot be translated stays. */
export function translateLocations(text: string): string {
  // Kept for this one text: reading the supervisor's map takes 100 ms, keeping it some 40 MB.
  const maps = new Map<string, SourceMap | undefined>();
  return text.replace(PLACE, (place, path: string, line: string, column: string | undefined) => {
    const file = place.startsWith('file:') ? decode(path) : path;
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    return translate(file, maps.get(file), Number(line), Number(column ?? 1)) ?? place;
  });
}

function decode(path: string): string {
  return fileURLToPath(`file://${path}`);
}

function translate(file: string, map: SourceMap | undefined, line: number, column: number): string | undefined {
  const entry = map?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return undefined;
  const source = resolve(dirname(file), entry.originalSource);
  const fromHere = relative(process.cwd(), source);
  return `${fromHere.startsWith('..') ? source : fromHere}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
