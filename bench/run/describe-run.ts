/** What is said at the end of a configuration: a few lines. The report says more. */
import type { ResultFolder } from './result-folder.ts';

/** Lines for people. */
export function describeRun({ path, runs }: ResultFolder): string[] {
  const lines = runs.map(({ run_number, summary, schedule }) => {
    const invalid = schedule.filter((call) => call.invalid !== undefined);
    const reasons = [...new Set(invalid.map((call) => call.invalid?.reason))].join(', ');
    if (summary.efficiency_percent === undefined)
      return `run ${run_number}: invalid (${reasons}); it is not averaged in`;
    const wall = `${summary.concurrent_wall_time_s?.toFixed(2)} s for both at once`;
    const balance = `balance ${summary.efficiency_percent.toFixed(2)} %`;
    return `run ${run_number}: ${wall}, ${balance}${invalid.length > 0 ? `; ${invalid.length} invalid calls (${reasons})` : ''}`;
  });
  return [...lines, `Files: ${path}`];
}
