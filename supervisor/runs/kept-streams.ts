/** What is kept of a turn's streams for tests of policies. A secret must not stay readable: here it becomes filler. Pure. */
import type { TextSpan } from '../gate/redactions.ts';
import type { NewStream } from '../store/streams.ts';
import { CHANNELS, type LiveRun, type LiveTurn } from './live-run.ts';
import { FILLER } from './unmasked.ts';

/** One for each channel: the answer always, reasoning where there was any. The turn is over. */
export function keptStreams({ number: run, spending }: LiveRun, turn: LiveTurn): NewStream[] {
  const { gates, stream, origin, isWhole, number } = turn;
  const spent = { atStart: spending.atStart, tokens: spending.turnTokens };
  return CHANNELS.filter((channel) => channel === 'text' || gates[channel].text !== '').map((channel) => {
    const { text, secrets } = gates[channel];
    const { resumed } = stream[channel];
    return {
      ...{ run, turn: number, channel, origin: origin[channel], resumed, secrets, spent, isWhole },
      text: filled(text, secrets),
      deltas: stream[channel].encoded(),
    };
  });
}

/** Has the length of the text. `spans`: in order. */
function filled(text: string, spans: readonly TextSpan[]): string {
  let kept = '';
  let at = 0;
  for (const { from, to } of spans) {
    kept += text.slice(at, from) + FILLER.repeat(to - from);
    at = to;
  }
  return kept + text.slice(at);
}
