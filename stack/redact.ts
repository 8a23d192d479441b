/**
 * Keeps secrets out of logs, and contents of messages too unless they are wanted: by the name of the field, at any depth. Secrets that
 * are known, the token and API keys, are taken out of whole lines as well, since they may stand in the text of an error.
 */

const SECRET = /^(authorization|cookie|set-cookie|token|secret|password|(x-)?api-?_?key)$/i;
const CONTENT = /^(content|text|delta|messages|system|reasoning|prompt)$/i;
const REDACTED = '[redacted]';
const DEEPEST = 6;

/** A copy of a log entry's fields without what must not be logged. `contents`: whether contents of messages may stay. */
export function redactFields(fields: object, contents: boolean): Record<string, unknown> {
  return copy(fields, contents, 0) as Record<string, unknown>;
}

function copy(value: unknown, contents: boolean, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => copy(item, contents, depth + 1));
  const entries = Object.entries(value).map(([key, part]) => {
    const isHidden = SECRET.test(key) || (!contents && CONTENT.test(key));
    return [key, isHidden ? REDACTED : copy(part, contents, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** A line without the secrets, wherever they stand in it. */
export function redactLine(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), line);
}

/** Of these values, those that can be searched for: short ones would be found in ordinary words. */
export function searchableSecrets(values: readonly (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined && value.length >= 8) as string[];
}

/** Whether contents of messages are logged at a level. */
export function showsContents(level: string): boolean {
  return level === 'debug' || level === 'trace';
}
