/** One model call of an agent: made over the bus, timed in the agent, judged for validity. */
import type { ModelRequest } from '../../agent/backend/backend.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import { machineClockMs } from '../../agent/call-timing.ts';
import type { CallMetrics } from '../results/recording.ts';
import type { CallReport } from '../runtimes/agent-bus.ts';
import { BACKEND } from '../runtimes/runtime.ts';
import type { Runtime } from '../runtimes/start.ts';
import { RunawayWatch } from './runaway.ts';
import { type CallFate, type Invalid, invalidityOf } from './validity.ts';

/** What is the same in all calls of an agent. */
export interface CallSettings {
  model: string;
  options: ModelRequest['options'];
  /** Seconds after which a call is given up. */
  timeoutSeconds: number;
}

/** A call that is over. Moments: milliseconds on the machine's clock. */
export interface CallRecord {
  stage: string;
  prompt: string;
  response: string;
  sentMs: number;
  firstTextMs: number | undefined;
  endMs: number;
  /** Milliseconds that it waited for its turn before it was sent (`--max-concurrent`). */
  waitedMs: number;
  /** Milliseconds that it waited for a slot that others had; no part of what was measured. */
  slotWaitMs: number;
  /** Others were at work on the same server, or the same GPU, while it was made. */
  isDisturbed: boolean;
  largestReadBytes: number;
  metrics: CallMetrics;
  invalid: Invalid | undefined;
}

/** What is asked, and in which stage of the work. */
export interface Question {
  stage: string;
  prompt: string;
}

/** Makes one call. @throws Error the agent is gone */
export async function makeCall(
  runtime: Runtime,
  agent: string,
  { model, options, timeoutSeconds }: CallSettings,
  { stage, prompt }: Question,
  interrupt: AbortSignal,
): Promise<Omit<CallRecord, 'waitedMs' | 'slotWaitMs' | 'isDisturbed'>> {
  const fate: CallFate = { timedOutAfter: undefined, runaway: undefined, interrupted: false };
  const ending = new AbortController();
  const timer = setTimeout(() => {
    fate.timedOutAfter = timeoutSeconds;
    ending.abort();
  }, timeoutSeconds * 1000);
  const stop = (): void => {
    fate.interrupted = true;
    ending.abort();
  };
  if (interrupt.aborted) stop();
  interrupt.addEventListener('abort', stop, { once: true });
  const watch = new RunawayWatch();
  const onText = (text: string): boolean => {
    fate.runaway ??= watch.look(text);
    return fate.runaway === undefined;
  };
  const start = { backend: BACKEND, model, messages: [{ role: 'user' as const, content: prompt }], options };
  try {
    const report = await runtime.bus.call(agent, start, { onText }, ending.signal);
    return { stage, prompt, ...readReport(report), invalid: invalidityOf(report.end, fate) };
  } finally {
    clearTimeout(timer);
    interrupt.removeEventListener('abort', stop);
  }
}

function readReport({ text, end }: CallReport) {
  const { clockMs = machineClockMs(), sentMs = 0, firstTextMs, endMs = 0, largestReadBytes = 0 } = end.timing ?? {};
  return {
    response: text,
    sentMs: clockMs + sentMs,
    firstTextMs: firstTextMs === undefined ? undefined : clockMs + firstTextMs,
    endMs: clockMs + endMs,
    largestReadBytes,
    metrics: metricsOf(end),
  };
}

/** What the server did not tell is absent, never 0. */
function metricsOf({ timing, figures, usage, finishReason }: TurnEnd): CallMetrics {
  const { sentMs = 0, firstTextMs, endMs = 0 } = timing ?? {};
  const { answerTokens, evalMs, promptEvalMs, loadMs, totalMs, doneReason } = figures ?? {};
  return {
    ttft_ms: firstTextMs === undefined ? undefined : firstTextMs - sentMs,
    throughput_tokens_per_sec: perSecond(answerTokens, evalMs),
    total_duration_ms: endMs - sentMs,
    tokens_generated: answerTokens,
    prompt_tokens: usage?.promptTokens ?? figures?.promptTokens,
    cached_prompt_tokens: usage?.cachedTokens,
    prompt_eval_duration_ms: promptEvalMs,
    eval_duration_ms: evalMs,
    load_duration_ms: loadMs,
    server_total_duration_ms: totalMs,
    done_reason: doneReason ?? finishReason,
  };
}

function perSecond(tokens: number | undefined, milliseconds: number | undefined): number | undefined {
  return tokens === undefined || !milliseconds ? undefined : (tokens * 1000) / milliseconds;
}
