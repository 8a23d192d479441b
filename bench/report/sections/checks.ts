/** Contention detectors, targets, rollback triggers, and where the time went. */
import type { Analysis } from '../../analysis/analysis.ts';
import type { Target } from '../../analysis/targets.ts';
import { decimals } from '../../analysis/words.ts';
import { type Block, heading, paragraph, table } from '../document.ts';

export function checkSections(analysis: Analysis): Block[] {
  if (analysis.runs.length === 0) return [];
  const { detectors, targets, rollbackTriggers, overhead } = analysis;
  return [
    heading('Contention detectors'),
    paragraph('All that the documents name. Only those against runs alone measure contention.'),
    table(
      ['detector', 'fires when', 'from', 'all runs', 'valid only'],
      detectors.map((one) => [
        one.name,
        one.rule,
        one.source,
        hits(one.published, one.notMeasured),
        hits(one.valid, one.notMeasured),
      ]),
      'detectors',
    ),
    heading('Targets (report §9.2)'),
    table(
      TARGET_HEAD,
      targets.map((one) => targetRow(one, one.verdict)),
      'targets',
    ),
    heading('Rollback triggers (report §9.3)'),
    paragraph('Fail: the trigger fires. Triggers of cost are out of scope.'),
    table(
      TARGET_HEAD,
      rollbackTriggers.map((one) => targetRow(one, one.verdict)),
      'rollbackTriggers',
    ),
    heading('Where the time went'),
    table(
      ['part', 'mean ms', 'P50', 'P95', 'P99', '% of W'],
      overhead.map(({ part, ms, percentOfWall }) =>
        ms === undefined
          ? [part, 'not measured', '–', '–', '–', '–']
          : [
              part,
              ...[ms.mean, ms.median, ms.p95, ms.p99].map((value) => decimals(value, 2)),
              decimals(percentOfWall, 3),
            ],
      ),
      'overhead',
    ),
  ];
}

const TARGET_HEAD = ['what', 'rule', 'measured', 'verdict', 'note'];

function targetRow({ name, rule, measured, unit, note }: Target, verdict: string): string[] {
  return [name, rule, decimals(measured, 2, unit), verdict, note ?? ''];
}

function hits(found: { runs: number; of: number } | undefined, notMeasured: string | undefined): string {
  return found === undefined ? `not measured: ${notMeasured ?? 'the files do not say'}` : `${found.runs}/${found.of}`;
}
