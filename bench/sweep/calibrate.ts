/** How long one agent's work takes, from one short call: the time of a sweep is said before it begins. */
import type { Bench, MeasuredAgent } from '../schedule/agent-work.ts';
import { makeCall } from '../schedule/call.ts';

const SHORT_ANSWER_TOKENS = 32;
const CALLS = { v2: 2, v1: 1 } as const;
/** Where answers have no limit. */
const USUAL_ANSWER_TOKENS = 700;
const PROMPT = 'Write a few sentences about how the speed of two programs on one machine can be compared.';

/** Seconds of one work at most, when every answer is as long as it may be; undefined: the call failed. */
export async function secondsOfWork(
  { runtime, workload, interrupt }: Bench,
  agent: MeasuredAgent,
): Promise<number | undefined> {
  const maxTokens = Math.min(agent.options.maxTokens ?? SHORT_ANSWER_TOKENS, SHORT_ANSWER_TOKENS);
  const short = { ...agent, options: { ...agent.options, maxTokens } };
  const { metrics, invalid } = await makeCall(
    runtime,
    agent.name,
    short,
    { stage: 'calibration', prompt: PROMPT },
    interrupt,
  );
  const { ttft_ms, total_duration_ms, tokens_generated, load_duration_ms = 0 } = metrics;
  if (invalid !== undefined || ttft_ms === undefined || total_duration_ms === undefined || !tokens_generated) {
    return undefined;
  }
  const perTokenMs = (total_duration_ms - ttft_ms) / tokens_generated;
  const callMs = ttft_ms - load_duration_ms + perTokenMs * (agent.options.maxTokens ?? USUAL_ANSWER_TOKENS);
  return (CALLS[workload] * callMs) / 1000;
}
