/**
 * The default policy: whatever contains `ERROR`, in exactly these capitals, is flagged and a corrective prompt is injected;
 * in user messages, in streamed answers (also when split over deltas) and in reasoning. The corrections quote the word,
 * so that a model knows what to avoid.
 */
import { definePolicy } from './define-policy.ts';
import type { Channel } from './policy.ts';

const KEYWORD = 'ERROR';

const MESSAGE_CORRECTION = `The message above contains "${KEYWORD}". Answer it without using that word.`;

const STREAM_CORRECTIONS: Record<Channel, string> = {
  text: `Your answer was stopped because it contained "${KEYWORD}". Answer again without that word.`,
  reasoning: `Your reasoning was stopped because it contained "${KEYWORD}". Think and answer again without that word.`,
};

export const errorKeyword = definePolicy({
  name: 'error-keyword',
  patterns: [KEYWORD],
  onMessage: ({ content }) =>
    content.includes(KEYWORD) ? { action: 'interject', text: MESSAGE_CORRECTION } : undefined,
  onText: ({ match, channel }) =>
    match === undefined ? undefined : { action: 'interject', text: STREAM_CORRECTIONS[channel] },
});
