/** A configuration of a matrix; what its settings leave out is as on the command line. */
import type { RunSettings } from '../run/settings.ts';

export interface Cell {
  id: string;
  settings: Partial<RunSettings>;
}
