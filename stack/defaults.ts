/**
 * What a stack consists of when no configuration says otherwise. Not in supervisor/configuration.ts: a start without a configuration
 * file must not load the schema library (180 ms under the TypeScript loader).
 */
import type { AgentDefinition, PolicyReference } from '../supervisor/configuration.ts';

export const DEFAULT_AGENTS: readonly AgentDefinition[] = [
  { name: 'assistant', system: 'You are a helpful assistant. Answer briefly and plainly.' },
  { name: 'analyst', system: 'You are an analyst. Answer with the facts first, then what follows from them.' },
];

/** For agents that are named on the command line only. */
export const DEFAULT_SYSTEM_PROMPT = 'You are a helpful assistant. Answer briefly and plainly.';

export const DEFAULT_POLICIES: readonly PolicyReference[] = ['error-keyword'];

/** Requests that the simulator works on at a time. */
export const SIMULATOR_SLOTS = 4;
