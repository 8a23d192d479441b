/** The verdicts as functions, for policies that import them: shorter to write, and a misspelt one does not compile. */
import type {
  BlockVerdict,
  CutVerdict,
  InterjectVerdict,
  PauseVerdict,
  RedactVerdict,
  TerminateVerdict,
} from './policy.ts';

/** Where a verdict begins; see `InterjectVerdict.from`. */
interface Beginning {
  from?: number;
}

/** Stop the stream, inject `text` as a correction, let the agent go on. */
export function interject(text: string, { from }: Beginning = {}): InterjectVerdict {
  return { action: 'interject', text, ...(from !== undefined && { from }) };
}

/** Stop the stream and end the run with the text so far. */
export function cut(reason: string, { from }: Beginning = {}): CutVerdict {
  return { action: 'cut', reason, ...(from !== undefined && { from }) };
}

/** Replace the characters from `from` up to, not including, `to` by `mask`; the stream goes on. */
export function redact(
  from: number,
  to: number,
  mask: string,
  more: Pick<RedactVerdict, 'reason' | 'isSecret'> = {},
): RedactVerdict {
  return { action: 'redact', from, to, mask, ...more };
}

/** Refuse: the run ends and nothing more of it is shown. */
export function block(reason: string): BlockVerdict {
  return { action: 'block', reason };
}

/** Show nothing more until a person has decided. */
export function pause(reason: string, { from }: Beginning = {}): PauseVerdict {
  return { action: 'pause', reason, ...(from !== undefined && { from }) };
}

/** Refuse as `block` does, and stop the agent until a person restarts it. */
export function terminate(reason: string): TerminateVerdict {
  return { action: 'terminate', reason };
}
