/**
 * The spans of one stream that are to be masked and are not released yet: in order, none overlapping another, never dividing a
 * surrogate pair. Offsets are UTF-16 units of what the model wrote.
 */
import type { RedactVerdict } from '../../policy/policy.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { boundaryAt } from './surrogates.ts';

/** Characters from here up to, not including, there. */
export interface TextSpan {
  from: number;
  to: number;
}

/** What a policy wants masked, inside what was read and not released. */
export interface Span extends TextSpan {
  mask: string;
  reason: string;
  isSecret: boolean;
  by: LoadedPolicy;
  /** The policy's place in the configuration: of two spans that begin at one place, the mask of the first policy counts. */
  seat: number;
}

/** What stands in no words of ours. */
export interface Secret {
  /** As the model, or a user, wrote it. */
  text: string;
  mask: string;
}

/** A span that was released as its mask. */
export interface Redaction {
  policy: string;
  version: string;
  reason: string;
  mask: string;
  isSecret: boolean;
  /** What was masked, in what the model wrote: from here ... */
  from: number;
  /** ... up to, not including, here. */
  to: number;
  /** Where the mask begins in what this step released. */
  at: number;
}

/** The span of a verdict, widened to whole characters and clipped to what may still be masked; undefined when nothing is left. */
export function spanOf(
  { from, to, mask, reason = 'redacted', isSecret = false }: RedactVerdict,
  { by, seat }: Pick<Span, 'by' | 'seat'>,
  released: number,
  text: string,
): Span | undefined {
  const begin = Math.max(boundaryAt(text, Math.min(from, text.length)), released);
  const clipped = Math.min(to, text.length);
  const end = boundaryAt(text, clipped) === clipped ? clipped : clipped + 1;
  return end <= begin ? undefined : { from: begin, to: end, mask, reason, isSecret, by, seat };
}

export class Redactions {
  #spans: Span[] = [];
  /** Spans of secrets that were released. */
  readonly #released: TextSpan[] = [];

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Spans that overlap become one, with the mask and the author of the earliest; a secret in it makes all of it secret. */
  add(spans: readonly Span[]): void {
    if (spans.length === 0) return;
    const merged: Span[] = [];
    // Of those that begin at one place the longest names the mask: which was known first depends on how the text was split.
    for (const span of [...this.#spans, ...spans].sort((a, b) => a.from - b.from || a.seat - b.seat || b.to - a.to)) {
      const last = merged.at(-1);
      if (last === undefined || span.from >= last.to) merged.push({ ...span });
      else Object.assign(last, { to: Math.max(last.to, span.to), isSecret: last.isSecret || span.isSecret });
    }
    this.#spans = merged;
  }

  /** Nothing follows what ends here: a span that goes on beyond is divided, so that its beginning can be released. */
  divide(at: number): void {
    this.#spans = this.#spans.flatMap((span) =>
      span.from < at && at < span.to
        ? [
            { ...span, to: at },
            { ...span, from: at },
          ]
        : [span],
    );
  }

  /** Of `text`, what is masked as a secret. */
  secretsIn(text: string): Secret[] {
    return this.#spans
      .filter(({ isSecret }) => isSecret)
      .map(({ from, to, mask }) => ({ text: text.slice(from, to), mask }));
  }

  /** The first span was released. */
  shift(): void {
    const span = this.#spans.shift();
    if (span?.isSecret) this.#released.push({ from: span.from, to: span.to });
  }

  /** What is secret of the text so far, released or not, in order. */
  get secrets(): readonly TextSpan[] {
    const waiting = this.#spans.filter(({ isSecret }) => isSecret).map(({ from, to }) => ({ from, to }));
    return [...this.#released, ...waiting];
  }

  /** `text` from `offset` on as it may be shown. No span begins before `offset`. */
  maskedFrom(text: string, offset: number): string {
    let shown = '';
    let at = offset;
    for (const { from, to, mask } of this.#spans) {
      shown += text.slice(at, from) + mask;
      at = to;
    }
    return shown + text.slice(at);
  }
}

/** A whole text with its spans masked; no reason quotes a secret. `at` of a redaction is its place in `shown`. */
export function maskWhole(
  text: string,
  spans: readonly Span[],
): { shown: string; redactions: Redaction[]; secrets: Secret[] } {
  const merged = new Redactions();
  merged.add(spans);
  const secrets = merged.secretsIn(text);
  const redactions: Redaction[] = [];
  let shift = 0;
  for (const { from, to, mask, reason, isSecret, by } of merged.spans) {
    const { name: policy, version } = by;
    const told = hideSecrets(reason, secrets);
    redactions.push({ policy, version, reason: told, mask, isSecret, from, to, at: from + shift });
    shift += mask.length - (to - from);
  }
  return { shown: merged.maskedFrom(text, 0), redactions, secrets };
}

/** Words of a policy with the masks where they quote secrets. */
export function hideSecrets(words: string, secrets: readonly Secret[]): string {
  return secrets.reduce((hidden, { text, mask }) => hidden.replaceAll(text, () => mask || '[redacted]'), words);
}
