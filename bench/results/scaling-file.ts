/** `scaling.json`: the same turn by 1, 2, 4 … agents at once. Each measurement says by its agents how many there were. */
import { z } from 'zod';
import { recordingFields } from './recording.ts';
import { words } from './values.ts';

export const scalingFile = z.looseObject({
  scaling: z.literal(true),
  model: words,
  generated_at: words,
  ...recordingFields,
});
export type ScalingFile = z.output<typeof scalingFile>;
