/** What a server under test is, and what every test of the conformance suite has at hand. */
import { expect } from 'vitest';
import type {
  Backend,
  BackendDefinition,
  BackendStatus,
  CallListener,
  ModelRequest,
  StreamPart,
} from '../../agent/backend/backend.ts';
import { type Collected, never } from './collect.ts';
import { startTap, type Tap } from './tap.ts';

/** A server that runs. */
export interface ServerUnderTest {
  definition: BackendDefinition;
  model: string;
  /** Requests it works on at a time, at least two. */
  slots: number;
  close(): Promise<void>;
}

export type Failure = 'truncate' | 'hang' | 'loading' | 'internal' | 'garbage';

/** User messages that make the server do something exactly. */
export interface Script {
  say(text: string): string;
  think(reasoning: string, text: string): string;
  fail(failure: Failure, text: string): string;
}

export interface ConformanceTarget {
  name: string;
  server: BackendStatus['server'];
  /** Longer than any context the server has, in words. */
  tooManyWords: number;
  createBackend(definition: BackendDefinition): Backend;
  /** The numbers of an overflow are told. */
  tellsOverflow: boolean;
  /** A model that it does not have is refused; others answer whatever the model is called. */
  refusesUnknownModels: boolean;
  startServer(): Promise<ServerUnderTest>;
  script?: Script;
}

/** What the tests of one server share. */
export interface Bench {
  model: string;
  slots: number;
  backend: Backend;
  tap: Tap;
  ask(
    content: string,
    options?: ModelRequest['options'],
    signal?: AbortSignal,
    listener?: CallListener,
  ): AsyncIterable<StreamPart>;
}

/** Puts a tap between backend and server. */
export async function setUp(target: ConformanceTarget, { definition, model, slots }: ServerUnderTest): Promise<Bench> {
  const tap = await startTap(definition.url);
  const backend = target.createBackend({ ...definition, url: tap.url });
  const ask: Bench['ask'] = (content, options = {}, signal = never(), listener = {}) =>
    backend.stream({ model, messages: [{ role: 'user', content }], options }, signal, listener);
  return { backend, tap, model, slots, ask };
}

/** Whole characters, and one finish that comes last. */
export function expectWholeAnswer({ parts, error }: Collected): void {
  expect(error).toBeUndefined();
  expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
  expect(parts.at(-1)?.type).toBe('finish');
  for (const part of parts) if (part.type !== 'finish') expect(part.text).toMatch(/^\P{Surrogate}+$/u);
}
