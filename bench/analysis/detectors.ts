/**
 * Every contention detector that the documents name, each by its name, its rule and its source, over all runs and over the valid ones.
 * They disagree; none of them measures contention, except those that compare with an agent that ran alone.
 */
import { median } from 'simple-statistics';
import { CONTENDED_SPEEDUP, isValid, known } from './rows.ts';
import type { AgentFigures, RunFigures } from './run-figures.ts';
import type { SoundFigures } from './sound.ts';

export interface Detector {
  name: string;
  rule: string;
  source: string;
  /** Runs in which it fires, of those in which it can be told; undefined: not measured, and why. */
  published: Hits | undefined;
  valid: Hits | undefined;
  notMeasured: string | undefined;
}

interface Hits {
  runs: number;
  of: number;
}

/** What a TTFT or a throughput is compared with. */
export interface Baseline {
  ttftMs: number;
  throughput: number;
  what: string;
}

type Fires = (run: RunFigures) => boolean | undefined;

export function detectors(
  runs: readonly RunFigures[],
  baseline: Baseline | undefined,
  sound: SoundFigures | undefined,
): Detector[] {
  const against = baseline === undefined ? '' : ` (${baseline.what})`;
  const slower = (ms: number): Fires => slowerThan(baseline, ms);
  const of = (name: string, rule: string, source: string, fires: Fires | undefined): Detector =>
    detector({ name, rule, source }, runs, fires, 'there is no baseline: no run alone, and no agent without options');
  return [
    of('low-speedup', 'S < 1.5', "the original's code", ({ speedup }) => speedup < CONTENDED_SPEEDUP),
    of('file-flag', 'resource_contention_detected as it stands in the file', 'the files', ({ fileFlag }) => fileFlag),
    of('ttft-3s', `TTFT > baseline${against} + 3000 ms`, 'report, appendix C', baseline && slower(3000)),
    of('ttft-10s', `TTFT > baseline${against} + 10 s`, 'guide', baseline && slower(10_000)),
    of('ttft-delta-10s', '|TTFT delta| > 10 s', 'guide', deltaOver(10_000)),
    of('throughput-drop', `throughput < 80 % of baseline${against}`, 'guide', baseline && droppedBelow(baseline, 0.8)),
    of('low-efficiency', 'efficiency < 80 %', 'guide', ({ efficiencyPercent }) => efficiencyPercent < 80),
    of('ttft-delta-alert', '|TTFT delta| > 1000 ms', 'report §9.4', deltaOver(1000)),
    ...measured(sound),
  ];
}

/** The agents' own runs alone, else agents without options in the published data; undefined when there is neither. */
export function baselineOf(runs: readonly RunFigures[], sound: SoundFigures | undefined): Baseline | undefined {
  if (sound?.soloTtftMs !== undefined && sound.soloThroughput !== undefined) {
    return { ttftMs: sound.soloTtftMs, throughput: sound.soloThroughput, what: 'median of the agents alone' };
  }
  const plain = runs.filter(({ scenario }) => scenario === 'baseline_vs_chimera').filter(isValid);
  const ttfts = known(plain.map(({ a }) => a.ttftMs));
  const throughputs = known(plain.map(({ a }) => a.throughput));
  if (ttfts.length === 0 || throughputs.length === 0) return undefined;
  const what = 'median of the agents without options, beside another; none ran alone';
  return { ttftMs: median(ttfts), throughput: median(throughputs), what };
}

function measured(sound: SoundFigures | undefined): Detector[] {
  const source = 'runs alone, of the sound design';
  const notMeasured = sound === undefined ? 'no agent ran alone' : undefined;
  const waits = sound?.contention.lateFirstTexts;
  const slow = sound?.contention.slowedAgents;
  return [
    {
      name: 'late-first-text',
      rule: 'TTFT beside the other − median TTFT alone > 1000 ms (calls)',
      source,
      published: waits,
      valid: waits,
      notMeasured,
    },
    {
      name: 'slowed-down',
      rule: "lower bound of an agent's slowdown at 95 % > 1.05 (agents of configurations)",
      source,
      published: slow,
      valid: slow,
      notMeasured,
    },
  ];
}

function detector(
  named: Pick<Detector, 'name' | 'rule' | 'source'>,
  runs: readonly RunFigures[],
  fires: Fires | undefined,
  missing: string,
): Detector {
  if (fires === undefined) return { ...named, published: undefined, valid: undefined, notMeasured: missing };
  const [published, valid] = [hits(runs, fires), hits(runs.filter(isValid), fires)];
  return { ...named, published, valid, notMeasured: published === undefined ? 'the files do not say' : undefined };
}

function hits(runs: readonly RunFigures[], fires: Fires): Hits | undefined {
  const told = known(runs.map(fires));
  return told.length === 0 ? undefined : { runs: told.filter(Boolean).length, of: told.length };
}

function deltaOver(limitMs: number): Fires {
  return ({ ttftDeltaMs }) => (ttftDeltaMs === undefined ? undefined : Math.abs(ttftDeltaMs) > limitMs);
}

function slowerThan(baseline: Baseline | undefined, byMs: number): Fires {
  const limit = (baseline?.ttftMs ?? Number.NaN) + byMs;
  return anyAgent(({ ttftMs }) => (ttftMs === undefined ? undefined : ttftMs > limit));
}

function droppedBelow({ throughput: alone }: Baseline, share: number): Fires {
  return anyAgent(({ throughput }) => (throughput === undefined ? undefined : throughput < share * alone));
}

function anyAgent(tell: (agent: AgentFigures) => boolean | undefined): Fires {
  return ({ a, b }) => {
    const told = known([tell(a), tell(b)]);
    return told.length === 0 ? undefined : told.some(Boolean);
  };
}
