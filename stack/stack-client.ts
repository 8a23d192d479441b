/** Asks a running stack over HTTP how it is, as any other program would. */
import { count, type Infer, list, number, optional, record, type Shape, text } from '../agent/bus/shape.ts';

const flag: Shape<boolean> = (value) => value === true;

const agentsReply = record({
  agents: list(
    record({
      id: text,
      state: text,
      backend: text,
      fallback: optional(text),
      members: optional(list(text)),
      model: text,
      queued: count,
      running: count,
      restarts: count,
    }),
  ),
  backends: list(
    record({ name: text, url: text, server: text, up: flag, slots: count, model: text, detail: optional(text) }),
  ),
  policies: list(
    record({
      name: text,
      version: text,
      quarantined: flag,
      verdicts: record({
        interject: count,
        cut: count,
        redact: count,
        block: count,
        pause: count,
        terminate: count,
      }),
      failures: count,
      reviews: optional(record({ calls: count, ms: count, prompt_tokens: count, completion_tokens: count })),
      lastFailure: optional(text),
      problem: optional(text),
    }),
  ),
});
const approvalsReply = record({ approvals: list(record({ id: count })) });
const benchmarksReply = record({
  benchmarks: list(record({ benchmark: text, state: text, done: count, runs: count, remaining_ms: optional(number) })),
});
const readyReply = record({ ready: flag, reasons: list(text) });

/** Of `GET /agents`, `GET /readyz`, `GET /approvals` and `GET /benchmarks` what `--status` shows. */
export interface StackHealth {
  overview: Infer<typeof agentsReply>;
  readiness: Infer<typeof readyReply>;
  /** Runs that wait for a person. */
  waiting: number;
  /** The newest first. */
  benchmarks: BenchmarkHealth[];
}
export type BenchmarkHealth = Infer<typeof benchmarksReply>['benchmarks'][number];

const TIMEOUT_MS = 2000;

/** @throws Error when the stack does not answer in time, or not in the expected form */
export async function askStack(url: string, token: string | undefined): Promise<StackHealth> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const [overview, readiness, { approvals }, { benchmarks }] = await Promise.all([
    ask(`${url}/agents`, headers, agentsReply),
    ask(`${url}/readyz`, {}, readyReply),
    ask(`${url}/approvals`, headers, approvalsReply),
    ask(`${url}/benchmarks`, headers, benchmarksReply),
  ]);
  return { overview, readiness, waiting: approvals.length, benchmarks };
}

async function ask<T>(url: string, headers: Record<string, string>, shape: Shape<T>): Promise<T> {
  const reply = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body: unknown = await reply.json();
  const error = (body as { error?: { message?: unknown } }).error;
  if (error !== undefined) throw new Error(String(error.message));
  return shape(body, url);
}
