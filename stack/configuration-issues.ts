/** Turns what zod found into lines for people: field and reason. */
import type { z } from 'zod';
import { nearestName } from '../policy/nearest-name.ts';
import { fieldPath } from './plain-data.ts';

type Issue = z.core.$ZodIssue;

/** The fields that the object at a path may have, for hints. */
export type KnownFields = (path: string) => readonly string[];

/** One line for each issue: `agents[0].temperature: …`. */
export function describeIssues(issues: readonly Issue[], known: KnownFields): string[] {
  return issues.flatMap((issue) => describe(issue, known));
}

function describe(issue: Issue, known: KnownFields): string[] {
  const field = issue.path.reduce<string>((path, key) => fieldPath(path, key as string | number), '');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${fieldPath(field, key)}: there is no such field${hint(key, known(field))}`);
  }
  return [`${field || 'the configuration'}: ${reason(issue)}`];
}

function reason(issue: Issue): string {
  const [wrongKey] = issue.code === 'invalid_key' ? issue.issues : [];
  if (wrongKey !== undefined) return reason(wrongKey as Issue);
  const message = issue.message.replace(/^Invalid input: /, '').replace(/^Too (big|small): /, '');
  return issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(message)
    ? 'is missing'
    : message.charAt(0).toLowerCase() + message.slice(1);
}

function hint(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
