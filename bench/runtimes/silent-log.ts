/** A log that nobody reads: what an agent has to say of a turn is in the turn's end. */
import type { Log } from '../../agent/log.ts';

const nothing = (): void => {};

export const SILENT_LOG: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
