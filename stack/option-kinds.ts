/**
 * Kinds of option values. Each reads what a person wrote, as text (command line, environment) or as a value (configuration file),
 * and throws an Error whose message says what is wrong and what would be right.
 */
import { isOllamaAddress, ollamaUrl } from './ollama-address.ts';
import { shellWords } from './shell-words.ts';

export interface OptionKind<T> {
  /** Stands for the value in `--help`; empty: it takes none. */
  placeholder: string;
  /** May be given several times. */
  repeatable: boolean;
  /** @throws Error with the reason */
  read(value: unknown): T;
}

function kind<T>(placeholder: string, read: (value: unknown) => T, repeatable = false): OptionKind<T> {
  return { placeholder, read, repeatable };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value));
}

function readText(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${shown(value)} is not a text`);
  if (value.trim() === '') throw new Error('is empty');
  return value.trim();
}

/** A flag that stands alone, without a value: true when it was given. */
export function flag(): OptionKind<boolean> {
  return kind('', (value) => value === true);
}

/** Any text that is not empty. */
export function text(placeholder: string): OptionKind<string> {
  return kind(placeholder, readText);
}

/** A text of a certain form; `expected` ends the sentence "use …". */
export function textLike(placeholder: string, pattern: RegExp, expected: string): OptionKind<string> {
  return kind(placeholder, (value) => matching(readText(value), pattern, expected));
}

function matching(value: string, pattern: RegExp, expected: string): string {
  if (pattern.test(value)) return value;
  throw new Error(`${shown(value)} cannot be used; use ${expected}`);
}

/** A whole number within limits. */
export function wholeNumber(placeholder: string, least: number, most: number): OptionKind<number> {
  return kind(placeholder, (value) => {
    const number = asNumber(value);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new Error(`${shown(value)} is not a whole number from ${least} to ${most}`);
  });
}

/** A number within limits, fractions allowed. */
export function number(placeholder: string, least: number, most: number): OptionKind<number> {
  return kind(placeholder, (value) => {
    const given = asNumber(value);
    if (given >= least && given <= most) return given;
    throw new Error(`${shown(value)} is not a number from ${least} to ${most}`);
  });
}

/** Strict: `Number('')` and `Number('0x10')` are numbers, but nobody means them. */
function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN;
}

export function oneOf<const T extends string>(...values: readonly T[]): OptionKind<T> {
  return kind(values.join('|'), (value) => {
    const found = values.find((known) => known === value);
    if (found !== undefined) return found;
    throw new Error(`${shown(value)} is not known; use ${values.join(', ')}`);
  });
}

/** Instead of an address: the built-in simulator, whatever else is there. */
export const SIMULATOR = 'simulator';

/**
 * A model server: an address without `/v1` at the end (it is taken off, people copy it along), `ollama://HOST:PORT` with both filled in,
 * or `simulator`.
 */
export function modelServer(placeholder: string): OptionKind<string> {
  return kind(placeholder, (value) => {
    const given = readText(value);
    if (given === SIMULATOR) return given;
    return isOllamaAddress(given) ? readOllamaAddress(given) : readAddress(given);
  });
}

function readOllamaAddress(given: string): string {
  const url = ollamaUrl(given);
  if (url !== undefined) return url.replace(/^http:/, 'ollama:');
  throw new Error(`${shown(given)} is not an address; use one like ollama://127.0.0.1:11434`);
}

function readAddress(given: string): string {
  const address = URL.canParse(given) ? new URL(given) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol)) {
    throw new Error(
      `${shown(given)} is not an address; use one like http://127.0.0.1:8080 or ollama://127.0.0.1:11434`,
    );
  }
  if (address.username !== '' || address.password !== '' || address.search !== '' || address.hash !== '') {
    throw new Error(
      'the address must have no user name, password, query or fragment; name the API key in agents.config.ts',
    );
  }
  return given.replace(/\/+$/, '').replace(/\/v1$/, '');
}

/** Arguments for another program, split as a shell does. */
export function argumentLine(placeholder: string): OptionKind<string[]> {
  return kind(placeholder, (value) => shellWords(readText(value)));
}

/** Names, separated by commas or given one by one. */
export function nameList(placeholder: string, pattern: RegExp, expected: string): OptionKind<string[]> {
  return kind(placeholder, (value) => {
    const names = itemsOf(value).flatMap(commaSeparated);
    if (names.length === 0) throw new Error('names nothing');
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`${shown(twice)} is named twice`);
    return names.map((name) => matching(name, pattern, expected));
  });
}

/** Names in an order, separated by commas; whoever is told them says which of them will do. */
export function orderedNames(placeholder: string): OptionKind<string[]> {
  return kind(placeholder, (value) => {
    const names = itemsOf(value).flatMap(commaSeparated);
    if (names.length === 0) throw new Error('names nothing');
    return names;
  });
}

/** Texts, each given by itself on the command line or in a list, separated by commas in the environment. */
export function textList(placeholder: string, check: (item: string) => string = (item) => item): OptionKind<string[]> {
  const read = (value: unknown): string[] => {
    const items = typeof value === 'string' ? commaSeparated(value) : itemsOf(value).map(readText);
    if (items.length === 0) throw new Error('is empty');
    return items.map(check);
  };
  return kind(placeholder, read, true);
}

function itemsOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map(readText);
}

function commaSeparated(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
