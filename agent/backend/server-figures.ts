/** A server's own figures of a call: those that it gave, in one record. Pure. */
import type { ServerFigures } from './backend.ts';

type Found = { [K in keyof ServerFigures]: ServerFigures[K] | undefined };

/** Leaves out what was not found; undefined when nothing was. */
export function definedFigures(found: Found): ServerFigures | undefined {
  const given = Object.entries(found).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as ServerFigures);
}
