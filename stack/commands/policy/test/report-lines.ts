/** The report of a policy's test for people: a line for each message and turn that it says something about, and a summary. Pure. */
import type { BacktestReport, TestedItem } from '../../../../supervisor/backtest/backtest.ts';
import type { Disagreement } from '../../../../supervisor/backtest/compare.ts';
import { printable } from '../../../printable.ts';

/** The report as `--json` prints it. */
export interface FullReport extends BacktestReport {
  /** Lines of a transcript whose `expect` is not met, for people. */
  unmet: string[];
}

/** Of a reason this much is shown. */
const SHOWN_REASON = 80;

const DISAGREEMENTS: Record<Disagreement['kind'], string> = {
  missed: 'it does nothing, though something was done',
  new: 'nothing was done',
  action: 'something else was done',
  place: 'it was done at another place',
};

export function reportLines(report: FullReport): string[] {
  const lines = report.items.flatMap(itemLines);
  return [...lines, ...(lines.length > 0 ? [''] : []), ...summary(report)].map(printable);
}

function itemLines(item: TestedItem): string[] {
  const place = `${item.agent}/${item.chat}  run ${item.run}  ${item.turn === 0 ? 'message' : `turn ${item.turn}`}`;
  const decisions = item.decisions.map(({ action, from, withheld, reason }) => {
    const where = item.turn === 0 ? '' : ` at ${from}, withholds ${withheld.length} characters`;
    return `${place}  ${action}${where}: ${shortened(reason)}`;
  });
  const unknown = item.isUnknown ? [`${place}  passes what was recorded; the rest is unknown`] : [];
  const disagreed = item.disagreements.map(({ kind, decided }) => {
    const then = decided === undefined ? '' : ` (${decided.policy}: ${decided.action} at ${decided.from})`;
    return `${place}  disagrees: ${DISAGREEMENTS[kind]}${then}`;
  });
  return [...decisions, ...unknown, ...disagreed];
}

function shortened(reason: string): string {
  const line = reason.replaceAll('\n', ' ');
  return line.length > SHOWN_REASON ? `${line.slice(0, SHOWN_REASON)}…` : line;
}

function summary({ policy, messages, turns, deltas, characters, ...report }: FullReport): string[] {
  const { median, p99, max } = report.delays;
  return [
    `${policy}: ${messages} messages, ${turns} turns, ${deltas} deltas, ${characters} characters`,
    `flagged ${report.flagged}, unknown ${report.unknown}, disagreements ${report.disagreements}`,
    `held back by ${median} ms (median), ${p99} ms (p99), ${max} ms (most)`,
    ...report.missed.map((run) => `MISSED: run ${run} was marked as bad, and it does nothing about it`),
    ...report.unmet.map((text) => `NOT MET: ${text}`),
  ];
}
