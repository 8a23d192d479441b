/**
 * How a correction is joined to a user message when there is no answer to set it after: `TEXT\n\n[correction] CORRECTION`.
 * Whoever builds a transcript and whoever reads one (the simulator) share this one spelling.
 */
export const CORRECTION_MARK = '\n\n[correction] ';
