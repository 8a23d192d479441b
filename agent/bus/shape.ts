/**
 * Shapes of messages between processes: one description gives the TypeScript type and the check at the border.
 * It exists because an agent must stay small: a schema library costs each agent several megabytes.
 */

/** Checks one value; returns it typed or throws a ShapeError that names the path. */
export type Shape<T> = (value: unknown, path: string) => T;
export type Infer<S> = S extends Shape<infer T> ? T : never;

/** A message that does not have the shape it must have. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

function primitive<T>(expected: string, check: (value: unknown) => boolean): Shape<T> {
  return (value, path) => {
    if (!check(value)) throw new ShapeError(`${path}: expected ${expected}`);
    return value as T;
  };
}

export const text = primitive<string>('text', (value) => typeof value === 'string');
export const number = primitive<number>('a number', (value) => typeof value === 'number' && Number.isFinite(value));
export const flag = primitive<boolean>('true or false', (value) => typeof value === 'boolean');
/** An object with whatever fields. */
export const object = primitive<Record<string, unknown>>('an object', isObject);
/** A whole number from 0. */
export const count = primitive<number>('a whole number', (value) => Number.isSafeInteger(value) && Number(value) >= 0);

export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  return primitive<T>(values.join(' | '), (value) => values.includes(value as T));
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined ? undefined : shape(value, path));
}

export function list<T>(shape: Shape<T>): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(`${path}: expected a list`);
    for (let index = 0; index < value.length; index++) shape(value[index], `${path}[${index}]`);
    return value;
  };
}

type Fields = Record<string, Shape<unknown>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: undefined extends Infer<F[K]> ? K : never }[keyof F];
type Simplify<T> = { [K in keyof T]: T[K] };
type RecordOf<F extends Fields> = Simplify<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & { [K in OptionalKeys<F>]?: Infer<F[K]> }
>;

/** An object with at least these fields; further ones are left alone, so that newer peers can say more. */
export function record<F extends Fields>(fields: F): Shape<RecordOf<F>> {
  const entries = Object.entries(fields);
  return (value, path) => {
    if (typeof value !== 'object' || value === null) throw new ShapeError(`${path}: expected an object`);
    for (const [key, shape] of entries) shape((value as Record<string, unknown>)[key], `${path}.${key}`);
    return value as RecordOf<F>;
  };
}

/** One of several records, told apart by their `type`. */
export function messages<F extends Record<string, Fields>>(
  table: F,
): Shape<{ [K in keyof F & string]: Simplify<{ type: K } & RecordOf<F[K]>> }[keyof F & string]> {
  const shapes = new Map(Object.entries(table).map(([type, fields]) => [type, record(fields)]));
  return (value, path) => {
    const type = (value as { type?: unknown } | null)?.type;
    if (typeof type !== 'string') throw new ShapeError(`${path}.type: expected text`);
    const shape = shapes.get(type);
    if (shape === undefined) throw new ShapeError(`${path}.type: unknown message ${type.slice(0, 40)}`);
    return shape(value, path) as never;
  };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
