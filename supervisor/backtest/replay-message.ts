/** Asks a candidate about one recorded message, as a supervisor does before the first turn. Pure. */
import { maskWhole, type Span, spanOf } from '../gate/redactions.ts';
import { reasonOf } from '../policies/verdict.ts';
import { type Candidate, type CandidateDecision, guarded, redactedAt } from './candidate.ts';
import type { RecordedMessage } from './recorded.ts';

/** Its redactions first; then what it does, up to what ends the run; a pause only when nothing else ends it. */
export function replayMessage(
  { loaded, judge }: Candidate,
  { agent, chat, run, content, from }: RecordedMessage,
): CandidateDecision[] {
  if (loaded.policy.onMessage === undefined) return [];
  const place = { channel: 'text', decidedAt: content.length, from: 0, withheld: '', policy: loaded.name } as const;
  return guarded(loaded, place, () => {
    const spans: Span[] = [];
    const closing: CandidateDecision[] = [];
    const message = { agent, chat, run, content, role: 'user', ...(from !== undefined && { from }) } as const;
    for (const verdict of judge(loaded, 'onMessage', message)) {
      if (verdict.action !== 'redact') {
        closing.push({ ...place, action: verdict.action, reason: reasonOf(verdict) });
        continue;
      }
      const span = spanOf(verdict, { by: loaded, seat: 0 }, 0, content);
      if (span !== undefined) spans.push(span);
    }
    const where = { channel: 'text', text: content, decidedAt: content.length } as const;
    const masked = maskWhole(content, spans).redactions.map((redaction) => redactedAt(redaction, where));
    return [...masked, ...carriedOut(closing)];
  });
}

function carriedOut(decisions: readonly CandidateDecision[]): CandidateDecision[] {
  const sharp = decisions.filter(({ action }) => action !== 'pause');
  const end = sharp.findIndex(({ action }) => action !== 'interject');
  if (end >= 0) return sharp.slice(0, end + 1);
  const pause = decisions.find(({ action }) => action === 'pause');
  return pause === undefined ? sharp : [...sharp, pause];
}
