/** What can be set on a simulator, at its start and while it runs. */
import { count, type Infer, number, oneOf, optional, record, type Shape, ShapeError } from '../../bus/shape.ts';
import { TEMPLATES, type TemplateName } from './chat-template.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from './faults.ts';

/** What can be changed while it runs; a request keeps the speed it began with. */
export interface SimulatorSettings {
  /** Milliseconds from getting a slot to the first token. */
  ttftMs: number;
  /** Tokens a second of each stream after the first one; 0: as fast as the reader reads. */
  tokensPerSecond: number;
  /** Requests worked on at a time; further ones wait. */
  slots: number;
  /** How requests fail; null: not at all. */
  fault: Fault | null;
  /** Which roles the chat template takes; only llama-server's side refuses any. */
  template: TemplateName;
}

/** Some of the settings; what is absent stays as it is. */
export type SettingsChange = { [Name in keyof SimulatorSettings]?: SimulatorSettings[Name] | undefined };

export interface SimulatorOptions extends SettingsChange {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /** What answers depend on besides the messages; a request's own seed goes first. Default 1. */
  seed?: number;
  /** Context of one slot in tokens, prompt and answer together; default 8192. */
  contextTokens?: number;
  /** Name of the model; default `simulator`. */
  alias?: string;
  /** Milliseconds after the start in which it answers 503 as if it were loading a model; default 0. */
  loadMs?: number;
  /** Key that requests must carry; default: none. */
  apiKey?: string;
}

/** Fast, but slow enough to watch. */
export const DEFAULT_SETTINGS: SimulatorSettings = {
  ttftMs: 60,
  tokensPerSecond: 60,
  slots: 4,
  fault: null,
  template: 'any',
};

const atLeast =
  (least: number, shape: Shape<number>): Shape<number> =>
  (value, path) => {
    if (shape(value, path) < least) throw new ShapeError(`${path}: expected at least ${least}`);
    return value as number;
  };

const fault = record({
  kind: oneOf(...(Object.keys(FAULT_KINDS) as FaultKind[])),
  afterTokens: optional(count),
  times: optional(atLeast(1, count)),
});

const faultOrNull: Shape<Infer<typeof fault> | null> = (value, path) => (value === null ? null : fault(value, path));

const fields = {
  ttftMs: optional(atLeast(0, number)),
  tokensPerSecond: optional(atLeast(0, number)),
  slots: optional(atLeast(1, count)),
  fault: optional(faultOrNull),
  template: optional(oneOf(...(Object.keys(TEMPLATES) as TemplateName[]))),
};
const settings = record(fields);

/**
 * Checks a change of settings that came from outside.
 * @throws ShapeError names the field
 */
export function readSettings(value: unknown): SettingsChange {
  const change = settings(value, 'settings');
  const unknown = Object.keys(change).find((key) => !Object.hasOwn(fields, key));
  if (unknown !== undefined)
    throw new ShapeError(`settings.${unknown}: unknown; expected ${Object.keys(fields).join(', ')}`);
  return change;
}
