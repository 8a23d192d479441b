/** What can be set on a simulator, at its start and while it runs. */
import {
  count,
  type Infer,
  list,
  number,
  oneOf,
  optional,
  record,
  type Shape,
  ShapeError,
  text,
} from '../../bus/shape.ts';
import { TEMPLATES, type TemplateName } from './chat-template.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from './faults.ts';

/** What can be changed while it runs; a request keeps the speed it began with. */
export interface SimulatorSettings {
  /** Milliseconds from getting a slot to the first token. */
  ttftMs: number;
  /** Tokens of the prompt read a second, but for those that the slot has in its cache; that is added to `ttftMs`. 0: at once. */
  promptTokensPerSecond: number;
  /** Tokens a second of each stream after the first one; 0: as fast as the reader reads. */
  tokensPerSecond: number;
  /** Requests worked on at a time; further ones wait. */
  slots: number;
  /** Requests that may wait before Ollama's side refuses further ones. */
  queueLimit: number;
  /** Context of one slot in tokens, prompt and answer together; on Ollama's side what `num_ctx` is when a request does not say. */
  contextTokens: number;
  /** Names of the models that Ollama's side has; llama-server's side has the first one, whatever a request says. */
  models: readonly string[];
  /**
   * Milliseconds that loading a model takes: on llama-server's side after the start, with 503 until then; on Ollama's side
   * whenever a request needs a model that is not loaded the way it wants it.
   */
  loadMs: number;
  /** How requests fail; null: not at all. */
  fault: Fault | null;
  /** Which roles the chat template takes; only llama-server's side refuses any. */
  template: TemplateName;
}

/** Some of the settings; what is absent stays as it is. */
export type SettingsChange = { [Name in keyof SimulatorSettings]?: SimulatorSettings[Name] | undefined };

/** What a simulator is started with; what is absent is as in `DEFAULT_OPTIONS` and `DEFAULT_SETTINGS`. */
export interface SimulatorOptions extends SettingsChange {
  /** Address to listen on. */
  host?: string | undefined;
  /** 0: a free one. */
  port?: number | undefined;
  /** What answers depend on besides the messages; a request's own seed goes first. */
  seed?: number | undefined;
  /** Key that requests must carry; absent: none. */
  apiKey?: string | undefined;
}

/** Fast, but slow enough to watch. */
export const DEFAULT_SETTINGS: SimulatorSettings = {
  ttftMs: 60,
  promptTokensPerSecond: 0,
  tokensPerSecond: 60,
  slots: 4,
  queueLimit: 512,
  contextTokens: 8192,
  models: ['simulator'],
  loadMs: 0,
  fault: null,
  template: 'any',
};

export const DEFAULT_OPTIONS = { host: '127.0.0.1', port: 0, seed: 1 };

const LARGEST_PORT = 65_535;

function limited<T>(shape: Shape<T>, expected: string, check: (value: T) => boolean): Shape<T> {
  return (value, path) => {
    if (!check(shape(value, path))) throw new ShapeError(`${path}: expected ${expected}`);
    return value as T;
  };
}

const atLeast = (least: number, shape: Shape<number>) => limited(shape, `at least ${least}`, (value) => value >= least);

const fault = record({
  kind: oneOf(...(Object.keys(FAULT_KINDS) as FaultKind[])),
  afterTokens: optional(count),
  times: optional(atLeast(1, count)),
});

const faultOrNull: Shape<Infer<typeof fault> | null> = (value, path) => (value === null ? null : fault(value, path));

const modelName = limited(text, 'a name', (name) => name.trim() !== '');

const settingFields = {
  ttftMs: optional(atLeast(0, number)),
  promptTokensPerSecond: optional(atLeast(0, number)),
  tokensPerSecond: optional(atLeast(0, number)),
  slots: optional(atLeast(1, count)),
  queueLimit: optional(count),
  contextTokens: optional(atLeast(1, count)),
  models: optional(limited(list(modelName), 'at least one name', (names) => names.length > 0)),
  loadMs: optional(atLeast(0, number)),
  fault: optional(faultOrNull),
  template: optional(oneOf(...(Object.keys(TEMPLATES) as TemplateName[]))),
};

const optionFields = {
  host: optional(text),
  port: optional(limited(count, `a port up to ${LARGEST_PORT}`, (port) => port <= LARGEST_PORT)),
  seed: optional(count),
  apiKey: optional(text),
  ...settingFields,
};

/**
 * Checks a change of settings that came from outside.
 * @throws ShapeError names the field
 */
export function readSettings(value: unknown): SettingsChange {
  return readKnown(settingFields, value, 'settings');
}

/**
 * Checks what a simulator is to be started with.
 * @throws ShapeError names the field
 */
export function readOptions(value: unknown): SimulatorOptions {
  return readKnown(optionFields, value, 'simulator');
}

/** The record with these fields and no others. */
function readKnown<F extends Record<string, Shape<unknown>>>(fields: F, value: unknown, path: string) {
  const known = record(fields)(value, path);
  const unknown = Object.keys(known).find((key) => !Object.hasOwn(fields, key));
  if (unknown === undefined) return known;
  throw new ShapeError(`${path}.${unknown}: unknown; expected ${Object.keys(fields).join(', ')}`);
}
