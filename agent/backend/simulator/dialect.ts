/** What makes a dialect: its paths and the form of its refusals. */
import type { ServerResponse } from 'node:http';
import type { Refusal } from './replies.ts';
import type { Simulation } from './simulation.ts';

/** Answers one request. It may throw a `Refusal`, at once or later. */
export type Handler = (simulation: Simulation, response: ServerResponse, body: string) => void | Promise<void>;

export interface Dialect {
  /** By method and path, for example `GET /health`. */
  routes: Readonly<Record<string, Handler>>;
  /** Routes that are answered without a key. */
  withoutKey: ReadonlySet<string>;
  refuse(response: ServerResponse, refusal: Refusal): void;
  refuseKey(response: ServerResponse): void;
  /** No such path. */
  refusePath(response: ServerResponse): void;
  /** Undefined: its paths are there before the model is. */
  refuseWhileLoading: ((response: ServerResponse) => void) | undefined;
}
