/** What came of a benchmark, in the few figures and sentences that a stack shows. The report says more. Pure. */
import type { BenchmarkResult, BenchmarkRun } from '../../supervisor/benchmarks/messages.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { MetricsFile } from '../results/metrics-file.ts';
import { describeRun } from '../run/describe-run.ts';
import type { ResultFolder } from '../run/result-folder.ts';

/** `analysis`: undefined: nothing could be analysed. */
export function resultOf(folder: ResultFolder, analysis: Analysis | undefined): BenchmarkResult {
  const runs = folder.runs.map(runOf);
  const speedup = analysis?.sound?.overall.trueSpeedup?.ratio;
  const texts = (sentences: readonly { text: string }[] = []): string[] => sentences.map(({ text }) => text);
  return {
    runs,
    valid_runs: runs.filter(({ wall_time_s }) => wall_time_s !== undefined).length,
    disturbed_runs: runs.filter(({ disturbed_calls }) => disturbed_calls > 0).length,
    ...(speedup !== undefined && { true_speedup: speedup }),
    concluded: texts(analysis?.verdict.concluded),
    not_concluded: texts(analysis?.verdict.notConcluded),
    warnings: [...new Set(folder.runs.flatMap(({ warnings }) => warnings))],
    summary: describeRun(folder),
  };
}

function runOf({ run_number = 0, summary, schedule }: MetricsFile): BenchmarkRun {
  const { concurrent_wall_time_s: wall, efficiency_percent: balance } = summary;
  const reasons = schedule.flatMap(({ invalid }) =>
    invalid === undefined ? [] : [`${invalid.reason}: ${invalid.detail}`],
  );
  const counted = schedule.filter(({ kind }) => kind !== 'warm_up');
  return {
    run: run_number,
    ...(wall !== undefined && { wall_time_s: wall }),
    ...(balance !== undefined && { balance_percent: balance }),
    invalid: [...new Set(reasons)],
    disturbed_calls: counted.filter(({ disturbed_by_turns }) => disturbed_by_turns === true).length,
  };
}
