/** The report of a policy's test for people: a line for each message and turn that it says something about, and a summary. Pure. */
import type { TestedItem } from '../../../../supervisor/backtest/backtest.ts';
import type { CandidateDecision } from '../../../../supervisor/backtest/candidate.ts';
import type { Disagreement } from '../../../../supervisor/backtest/comparison.ts';
import type { RecordedReport } from '../../../../supervisor/backtest/task.ts';
import { printable } from '../../../printable.ts';

/** The report as `--json` prints it. */
export interface FullReport extends RecordedReport {
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
  const decisions = item.decisions.map(
    (decision) => `${place}  ${decision.action}${whereOf(item, decision)}: ${shortened(decision.reason)}`,
  );
  const unknown = item.isUnknown ? [`${place}  passes what was recorded; the rest is unknown`] : [];
  const secrets = item.secrets === 0 ? [] : [`${place}  ${item.secrets} secrets were not kept: unknown there`];
  const disagreed = item.disagreements.map(({ kind, decided }) => {
    const then = decided === undefined ? '' : ` (${decided.policy}: ${decided.action} at ${decided.from})`;
    return `${place}  disagrees: ${DISAGREEMENTS[kind]}${then}`;
  });
  return [...decisions, ...unknown, ...secrets, ...disagreed];
}

function whereOf({ turn }: TestedItem, { channel, from, to, mask = '', withheld }: CandidateDecision): string {
  const of = channel === 'text' ? '' : ` of the ${channel}`;
  if (to !== undefined) return ` ${from} to ${to}${of} by "${shortened(mask)}"`;
  return turn === 0 ? '' : ` at ${from}${of}, withholds ${withheld.length} characters`;
}

function shortened(reason: string): string {
  const line = reason.replaceAll('\n', ' ');
  return line.length > SHOWN_REASON ? `${line.slice(0, SHOWN_REASON)}…` : line;
}

function summary({ policy, messages, turns, deltas, characters, ...report }: FullReport): string[] {
  const { median, p99, max } = report.delays;
  return [
    `${policy}: ${messages} messages, ${turns} turns, ${deltas} deltas, ${characters} characters, in ${report.tookMs} ms`,
    `flagged ${report.flagged}, unknown ${report.unknown}, disagreements ${report.disagreements}`,
    ...(report.secrets > 0 ? [`${report.secrets} secrets were not kept; what it would make of them is unknown`] : []),
    ...(report.unrecorded > 0
      ? [`${report.unrecorded} turns were recorded before streams were kept, and left out`]
      : []),
    ...(report.passedOver > 0 ? [`FAILED ${report.passedOver} times, and was passed over (onFailure: 'open')`] : []),
    `held back by ${median} ms (median), ${p99} ms (p99), ${max} ms (most)`,
    ...report.missed.map((run) => `MISSED: run ${run} was marked as bad, and it does nothing about it`),
    ...report.uncertain.map(
      (run) => `UNKNOWN: run ${run} was marked as bad; it does nothing, but secrets were not kept`,
    ),
    ...report.unmet.map((text) => `NOT MET: ${text}`),
  ];
}
