/** What is said at the end of a configuration: a few lines. The report says more. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ResultFolder } from './result-folder.ts';

/** Lines for people. */
export function describeRun({ path, runs }: ResultFolder): string[] {
  return [...runs.map((run) => `run ${run.run_number}: ${figuresOf(run)}`), `Files: ${path}`];
}

/** Whether a run has a valid figure: of two agents at once, or of the one that worked. */
export function isMeasured({ summary, fallback, schedule }: MetricsFile): boolean {
  if (fallback !== 'one_agent') return summary.efficiency_percent !== undefined;
  return schedule.every(({ kind, invalid }) => kind === 'warm_up' || invalid === undefined);
}

function figuresOf(run: MetricsFile): string {
  const { summary, schedule, measurements } = run;
  const invalid = schedule.filter((call) => call.invalid !== undefined);
  const reasons = [...new Set(invalid.map((call) => call.invalid?.reason))].join(', ');
  if (!isMeasured(run)) return `invalid (${reasons}); it is not averaged in`;
  const beside = invalid.length > 0 ? `; ${invalid.length} invalid calls (${reasons})` : '';
  if (summary.efficiency_percent === undefined) {
    const alone = measurements.find(({ kind }) => kind === 'solo');
    const agent = alone?.agents[0]?.agent.toUpperCase();
    return `${alone?.wall_time_s.toFixed(2)} s, agent ${agent} alone: no speed-up and no balance${beside}`;
  }
  const wall = `${summary.concurrent_wall_time_s?.toFixed(2)} s for both at once`;
  return `${wall}, balance ${summary.efficiency_percent.toFixed(2)} %${beside}`;
}
