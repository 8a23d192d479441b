/** Results of the sound design whose times are given, so that what comes out of them is known. */
import { join } from 'node:path';
import { metricsFile } from '../../bench/results/metrics-file.ts';
import type { Kind } from '../../bench/results/recording.ts';
import { scalingFile } from '../../bench/results/scaling-file.ts';
import { writeRun, writeScaling } from '../../bench/results/write.ts';

/** Seconds of one call of agent A and of B, alone, and how the two go beside each other. */
export interface Pace {
  a: number;
  b: number;
  /** `two`: each has a server of its own. `one`: a server that answers one request at a time, so that calls take turns. */
  servers: 'one' | 'two';
}

const TOKENS = 100;

interface Span {
  agent: 'a' | 'b';
  kind: Kind;
  sent: number;
  first: number;
  end: number;
}

/** Writes runs of one configuration; `stretch`: how much longer each block took than the pace says, 1 for exactly so. */
export function writeSound(folder: string, pace: Pace, stretch: readonly number[]): void {
  for (const [at, factor] of stretch.entries()) {
    const spans = soundRun({ ...pace, a: pace.a * factor, b: pace.b * factor });
    const [a, b] = (['a', 'b'] as const).map((agent) => legacyAgent(spans, agent));
    const wall = Math.max(...of(spans, 'concurrent').map(({ end }) => end));
    const metrics = metricsFile.parse({
      run_number: at + 1,
      scenario: 'chimera_homo',
      collector: a,
      insight: b,
      summary: { concurrent_wall_time_s: wall },
      design: 'sound',
      runtime: 'process',
      ...recording(spans, at + 1),
      servers: [{ base_url: 'http://127.0.0.1:11434', agents: ['a', 'b'], kind: 'simulator', simulated: true }],
    });
    writeRun(folder, at + 1, { metrics, collectorReport: '', insightReport: '', combinedReport: '' });
  }
}

/** `throughput` (tokens/s) of so many agents; each measured twice. */
export function writeScalingOf(folder: string, agents: readonly number[], throughput: (count: number) => number): void {
  const measurements = agents.flatMap((count) =>
    [1, 2].map((block) => {
      const wall = (count * TOKENS) / throughput(count);
      const all = Array.from({ length: count }, (_, at) => ({
        agent: String.fromCharCode(97 + at),
        started_ms: 0,
        ended_ms: 1000 * wall,
        execution_time_s: wall,
        tokens_generated: TOKENS,
      }));
      const kind = 'concurrent' as const;
      return { kind, block, order: 0, released_ms: 0, ended_ms: 1000 * wall, wall_time_s: wall, agents: all };
    }),
  );
  writeScaling(join(folder, 'scaling'), scalingFile.parse({ scaling: true, model: 'made-up', measurements }));
}

/** Two calls an agent; the first text comes after a tenth of a call. Seconds from the release of each part. */
function soundRun({ a, b, servers }: Pace): Span[] {
  const call = (agent: 'a' | 'b', kind: Kind, sent: number, from: number, takes: number): Span => {
    return { agent, kind, sent, first: from + takes / 10, end: from + takes };
  };
  const alone = (agent: 'a' | 'b', kind: Kind, from: number, takes: number): Span[] => [
    call(agent, kind, from, from, takes),
    call(agent, kind, from + takes, from + takes, takes),
  ];
  const turns = [
    call('a', 'concurrent', 0, 0, a),
    call('b', 'concurrent', 0, a, b),
    call('a', 'concurrent', a, a + b, a),
    call('b', 'concurrent', a + b, a + b + a, b),
  ];
  return [
    ...alone('a', 'solo', 0, a),
    ...alone('b', 'solo', 0, b),
    ...alone('a', 'serial', 0, a),
    ...alone('b', 'serial', 2 * a, b),
    ...(servers === 'one' ? turns : [...alone('a', 'concurrent', 0, a), ...alone('b', 'concurrent', 0, b)]),
  ];
}

function of(spans: readonly Span[], kind: Kind): Span[] {
  return spans.filter((span) => span.kind === kind);
}

function legacyAgent(spans: readonly Span[], agent: string): unknown {
  const own = of(spans, 'concurrent').filter((span) => span.agent === agent);
  const calls = own.map((span, at) => ({ stage: at === 0 ? 'analysis' : 'report', metrics: metricsOf(span) }));
  const config = { model: 'made-up', options: { num_gpu: 80 } };
  return { config, execution_time_s: Math.max(...own.map(({ end }) => end)), result: { llm_calls: calls } };
}

function metricsOf({ sent, first, end }: Span): unknown {
  const writing = 1000 * (end - first);
  return {
    ttft_ms: 1000 * (first - sent),
    total_duration_ms: 1000 * (end - sent),
    eval_duration_ms: writing,
    prompt_eval_duration_ms: writing / 9,
    load_duration_ms: 0,
    tokens_generated: TOKENS,
    throughput_tokens_per_sec: (1000 * TOKENS) / writing,
  };
}

/** The parts one after the other, an hour apart. */
function recording(spans: readonly Span[], block: number) {
  const parts: [Kind, Span[]][] = [
    ['solo', of(spans, 'solo').filter(({ agent }) => agent === 'a')],
    ['solo', of(spans, 'solo').filter(({ agent }) => agent === 'b')],
    ['serial', of(spans, 'serial')],
    ['concurrent', of(spans, 'concurrent')],
  ];
  const measurements = parts.map(([kind, own], order) => {
    const released = 3_600_000 * (order + 1);
    const wall = Math.max(...own.map(({ end }) => end));
    const agents = [...new Set(own.map(({ agent }) => agent))].map((agent) => {
      const calls = own.filter((span) => span.agent === agent);
      const [from, until] = [Math.min(...calls.map(({ sent }) => sent)), Math.max(...calls.map(({ end }) => end))];
      const times = { started_ms: released + 1000 * from, ended_ms: released + 1000 * until };
      return { agent, ...times, execution_time_s: until - from, tokens_generated: TOKENS * calls.length };
    });
    return { kind, block, order, released_ms: released, ended_ms: released + 1000 * wall, wall_time_s: wall, agents };
  });
  const schedule = parts.flatMap(([kind, own], order) => {
    const released = 3_600_000 * (order + 1);
    return own.map((span) => ({
      agent: span.agent,
      stage: own.find(({ agent }) => agent === span.agent) === span ? 'analysis' : 'report',
      block,
      kind,
      sent_ms: released + 1000 * span.sent,
      first_text_ms: released + 1000 * span.first,
      end_ms: released + 1000 * span.end,
      metrics: metricsOf(span),
    }));
  });
  return { measurements, schedule };
}
