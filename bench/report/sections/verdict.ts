/** The beginning of a report: what can be concluded, then what cannot, then what was left out. */
import type { Analysis } from '../../analysis/analysis.ts';
import { type Block, heading, paragraph, table } from '../document.ts';

export function verdictSection({
  verdict,
  fallBacks,
  invalidRuns,
  unusable,
  problems,
  warnings,
  tiers,
  runs,
}: Analysis): Block[] {
  const none = [{ text: 'Nothing: there are too few runs, or none that can be used.' }];
  return [
    ...fallBacks.map(({ text }) => paragraph(text, 'fallBacks')),
    heading('What can be concluded'),
    { kind: 'list', items: verdict.concluded.length > 0 ? verdict.concluded : none },
    heading('What cannot be concluded'),
    {
      kind: 'list',
      items:
        verdict.notConcluded.length > 0
          ? verdict.notConcluded
          : [{ text: 'Nothing was found that stands against it.' }],
    },
    ...(runs.length === 0 ? [] : recommended(tiers)),
    ...leftOut(invalidRuns, [
      ...problems.map(({ path, message }) => [path, message]),
      ...unusable.map(({ file, why }) => [file, why]),
    ]),
    ...(warnings.length === 0
      ? []
      : [
          heading('Warnings of the benchmark'),
          { kind: 'list' as const, items: warnings.map((text) => ({ text, from: ['warnings'] })) },
        ]),
  ];
}

function recommended({ tiers, why }: Analysis['tiers']): Block[] {
  if (tiers.length === 0) return [heading('Recommended tiers'), paragraph(`None: ${why}.`, 'tiers.why')];
  const rows = tiers.map(({ tier, configurations }) => [String(tier), configurations.join(', ')]);
  return [
    heading('Recommended tiers'),
    paragraph(`${why}.`, 'tiers.why'),
    table(['tier', 'configurations'], rows, 'tiers.tiers'),
  ];
}

function leftOut(invalidRuns: Analysis['invalidRuns'], files: string[][]): Block[] {
  const invalid = invalidRuns.map(({ name, run, file, why }) => [`${name} run ${run}`, why.join('; '), file]);
  const runs = table(['invalid run', 'why', 'file'], invalid, 'invalidRuns');
  const unread = table(['file left out', 'why'], files, 'problems', 'unusable');
  return [
    ...(invalid.length === 0 ? [] : [heading('Invalid runs: counted, never averaged in'), runs]),
    ...(files.length === 0 ? [] : [heading('Files that were left out'), unread]),
  ];
}
