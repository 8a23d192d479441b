/** Finds what cannot be handed to another process: configuration is read by init and used by others. */
import { types } from 'node:util';

export interface NotPlain {
  /** Where it stands, for example `agents[0].system`; empty for the whole value. */
  field: string;
  reason: string;
}

/** The first part of a value that is not plain data (text, numbers, booleans, null, lists, objects), if there is one. */
export function findNotPlain(value: unknown, field = '', above: readonly object[] = []): NotPlain | undefined {
  if (typeof value !== 'object' || value === null) return checkPrimitive(value, field);
  if (above.includes(value)) return { field, reason: 'refers back to itself' };
  const kind = Array.isArray(value) ? undefined : kindOf(value);
  if (kind !== undefined) return { field, reason: `${kind} cannot be handed to another process; use plain data` };
  for (const [key, part] of Object.entries(value)) {
    const found = findNotPlain(part, fieldPath(field, Array.isArray(value) ? Number(key) : key), [...above, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkPrimitive(value: unknown, field: string): NotPlain | undefined {
  const type = typeof value;
  if (type === 'function' || type === 'symbol' || type === 'bigint') {
    return { field, reason: `a ${type} cannot be handed to another process; use plain data` };
  }
  if (type === 'number' && !Number.isFinite(value)) return { field, reason: `${String(value)} is not a number to use` };
  return undefined;
}

/** What an object is, when it is not a plain one. */
function kindOf(value: object): string | undefined {
  if (types.isProxy(value)) return 'a proxy';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  // A module that was imported in another realm has its own Object.
  const name = value.constructor?.name;
  return name === 'Object' ? undefined : `a ${name || 'special object'}`;
}

/** `agents` + 0 → `agents[0]`, `agents[0]` + `name` → `agents[0].name`. */
export function fieldPath(field: string, key: string | number): string {
  if (typeof key === 'number') return `${field}[${key}]`;
  return field === '' ? key : `${field}.${key}`;
}
