/**
 * Values as they stand in result files. Folders that other tools wrote lack some of them, so that a reader takes what is there:
 * a figure that is missing, null or no number is undefined. Nothing is scored as 0.
 */
import { z } from 'zod';

/** Beyond it nothing that was measured lies: what does is rubbish, and would make sums infinite. */
const LARGEST = 1e15;

/** A number that can have been measured. */
export const measured = z.number().min(-LARGEST).max(LARGEST);

/** A figure that may be missing. */
export const figure = measured.optional().catch(undefined);

/** A text that may be missing. */
export const words = z.string().optional().catch(undefined);

/** A list; what does not fit in it is left out, and a missing list is an empty one. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.flatMap((one) => fitting(item, one)));
}

function fitting<T extends z.ZodType>(item: T, one: unknown): z.output<T>[] {
  const read = item.safeParse(one);
  return read.success ? [read.data] : [];
}

/** `chimera-homo` and `chimera_homo` are one scenario: files print underscores. */
export const scenarioName = z.string().transform((name) => name.replaceAll('-', '_'));
