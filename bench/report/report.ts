/** The report of an analysis: conclusions first, then the tables and plots, then how it was computed. */
import { basename } from 'node:path';
import type { Analysis } from '../analysis/analysis.ts';
import type { Comparison } from '../analysis/compare.ts';
import { type Block, heading, paragraph, type ReportDocument } from './document.ts';
import { plots } from './plots.ts';
import { aloneSections } from './sections/alone.ts';
import { checkSections } from './sections/checks.ts';
import { comparisonSections } from './sections/comparison.ts';
import { efficiencySections } from './sections/efficiency.ts';
import { conditionSections, scalingSections, serverSection, soundSections } from './sections/sound.ts';
import { verdictSection } from './sections/verdict.ts';

export function report(analysis: Analysis, comparison: Comparison | undefined): ReportDocument {
  return {
    title: `Dual-agent benchmark: ${basename(analysis.folder)}`,
    blocks: [
      ...verdictSection(analysis),
      ...(comparison === undefined ? [] : comparisonSections(comparison)),
      ...soundSections(analysis),
      ...aloneSections(analysis),
      ...scalingSections(analysis),
      ...plots(analysis),
      ...efficiencySections(analysis),
      ...checkSections(analysis),
      ...conditionSections(analysis),
      ...serverSection(analysis),
      ...method(analysis),
    ],
  };
}

function method({ folder, scaling: scalings, method: { seed, resamples, permutations } }: Analysis): Block[] {
  const count = (value: number): string => value.toLocaleString('en');
  const scaling = scalings.length === 0 ? '' : ' and each scaling.json';
  return [
    heading('How this was computed'),
    paragraph(
      `From execution_time_s, concurrent_wall_time_s and the calls of each run_<n>/metrics.json${scaling} below ${folder}; summary.json is not read. Efficiency = 100·S/2 with S = (T_A + T_B)/W. A run with an invalid call is in the figures as published only. sd is the sample's (n−1), percentiles are interpolated (type 7), intervals are at 95 %: t, and bootstrap with ${count(resamples)} resamples; permutation tests with ${count(permutations)} permutations; seed ${seed} each time, so that the same files give the same numbers. After each sentence and table stand the fields of bench analyze --json that its numbers are from. Cost, return on investment and roadmap are out of scope.`,
      'folder',
      'method',
    ),
  ];
}
