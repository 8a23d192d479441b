/** Reading a whole model call in a test. */
import type { Backend, BackendDefinition, ModelRequest, StreamPart } from '../../agent/backend/backend.ts';
import { createBackend } from '../../agent/backend/registry.ts';

export interface Collected {
  parts: StreamPart[];
  /** What ended it, when it did not end well. */
  error: unknown;
}

/** Reads until the end or the error. */
export async function collect(stream: AsyncIterable<StreamPart>): Promise<Collected> {
  const parts: StreamPart[] = [];
  try {
    for await (const part of stream) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

export function textIn(parts: readonly StreamPart[], type: 'text-delta' | 'reasoning-delta' = 'text-delta'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

export function definitionOf(url: string, more: Partial<BackendDefinition> = {}): BackendDefinition {
  return { name: 'under-test', kind: 'openai', url, ...more };
}

export function backendAt(url: string): Backend {
  return createBackend(definitionOf(url), {});
}

/** A request with one user message. */
export function asking(content: string, options: ModelRequest['options'] = {}): ModelRequest {
  return { model: 'tiny', messages: [{ role: 'user', content }], options };
}

/** A signal that nobody aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

export interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
}

/** A promise that the test resolves itself. */
export function deferred<T = void>(): Deferred<T> {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
