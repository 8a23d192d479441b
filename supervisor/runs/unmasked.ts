/** What the model wrote of what readers have been shown, put together again from the recorded redactions. */
import type { Channel } from '../../agent/turn.ts';
import type { RedactionRow } from '../store/interventions.ts';

/** Stands for every character of a secret, of which only the length is kept. */
export const FILLER = '\u2588';

/** Has the length of what the model wrote, so that the agent can go on from there. `redactions`: in the order of recording. */
export function unmasked(
  shown: Readonly<Record<Channel, string>>,
  redactions: readonly RedactionRow[],
  channel: Channel,
): string {
  let raw = '';
  let at = 0;
  for (const { shownOffset, maskLength, withheld, withheldLength } of redactions.filter(
    (row) => row.channel === channel,
  )) {
    raw += shown[channel].slice(at, shownOffset);
    raw += withheldLength === null ? withheld : FILLER.repeat(withheldLength);
    at = shownOffset + maskLength;
  }
  return raw + shown[channel].slice(at);
}
