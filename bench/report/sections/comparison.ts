/** One folder told against another. */
import type { Comparison } from '../../analysis/compare.ts';
import { between, counted, decimals, pValue } from '../../analysis/words.ts';
import { type Block, heading, paragraph, table } from '../document.ts';

const SIGNIFICANT = 0.05;
const OVERALL = ['measure', 'pairs', 'other/this', '95 %', 'p', 'meaning'];
const EACH = ['measure', 'configuration', 'pairs', 'other/this', '95 %', 'p', 'p (Holm)', 'told apart'];

export function comparisonSections({ measures, folder, other, onlyHere, onlyOther, unpaired }: Comparison): Block[] {
  const from = 'comparison.measures';
  const overall = measures.map(({ measure, unit, above, overall: ratio }) => [
    `${measure}, ${unit}`,
    String(ratio?.pairs ?? 0),
    decimals(ratio?.ratio, 4),
    between(ratio?.interval, 4),
    pValue(ratio?.p),
    `above 1: the other is ${above}`,
  ]);
  const configurations = measures.flatMap(({ measure, configurations: all }) =>
    all.map(({ name, otherName, compared, adjustedP }) => [
      measure,
      name === otherName ? name : `${name} / ${otherName}`,
      String(compared.pairs),
      decimals(compared.ratio, 4),
      between(compared.interval, 4),
      pValue(compared.p),
      pValue(adjustedP),
      told(adjustedP),
    ]),
  );
  return [
    heading('Comparison'),
    paragraph(
      `Ratios other/this of paired valid runs: this is ${folder}, the other ${other}. Intervals at 95 %, on logarithms; p by Holm over the configurations of a measure. ${counted(unpaired, 'run')} without a counterpart.`,
      'comparison.folder',
      'comparison.other',
      'comparison.unpaired',
    ),
    ...(configurations.length === 0
      ? [paragraph('Nothing can be compared: the folders have no run of the same configuration in common.', from)]
      : [table(OVERALL, overall, from), table(EACH, configurations, from)]),
    ...only('this folder', onlyHere, 'comparison.onlyHere'),
    ...only('the other folder', onlyOther, 'comparison.onlyOther'),
  ];
}

function told(p: number | undefined): string {
  if (p === undefined) return 'one pair only';
  return p < SIGNIFICANT ? 'yes' : 'no';
}

function only(where: string, names: readonly string[], from: string): Block[] {
  return names.length === 0 ? [] : [paragraph(`In ${where} only: ${names.join(', ')}.`, from)];
}
