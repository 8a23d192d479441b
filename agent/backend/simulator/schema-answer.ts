/**
 * What the simulated model says when its answer has to fit a JSON schema: an instance of it, by one rule, so that it can stand in for a
 * judge. Where a value is one of several, it is the first, unless the text names another one in capitals; of a JSON text with an "answer"
 * only that part counts. Pure.
 */
import { fieldsOf } from '../json.ts';

/** The instance as JSON. `text`: the last message. */
export function answerBySchema(schema: unknown, text: string): string {
  const judged = text.slice(Math.max(0, text.lastIndexOf('"answer":')));
  const named = enumsIn(schema).find((value) => value !== value.toUpperCase() && judged.includes(value.toUpperCase()));
  return JSON.stringify(instanceOf(schema, named));
}

/** All values but the first ones that strings may have. */
function enumsIn(schema: unknown): string[] {
  const { enum: values, properties } = fieldsOf(schema);
  const own = Array.isArray(values) ? values.slice(1).filter((value) => typeof value === 'string') : [];
  return [...own, ...Object.values(fieldsOf(properties)).flatMap(enumsIn)];
}

function instanceOf(schema: unknown, named: string | undefined): unknown {
  const { type, enum: values, properties } = fieldsOf(schema);
  if (Array.isArray(values)) return values.includes(named) ? named : values[0];
  if (type === 'string') return named === undefined ? 'Nothing to object to.' : `It says "${named.toUpperCase()}".`;
  if (type === 'number' || type === 'integer') return 0;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  const entries = Object.entries(fieldsOf(properties));
  return Object.fromEntries(entries.map(([name, property]) => [name, instanceOf(property, named)]));
}
