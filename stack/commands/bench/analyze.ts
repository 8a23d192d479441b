/** `bench analyze FOLDER`: tells what results show, as a report in Markdown and HTML, or as JSON. It changes none of them. */
import { resolve } from 'node:path';
import { analyse, hasMeasured } from '../../../bench/analysis/analysis.ts';
import { compare } from '../../../bench/analysis/compare.ts';
import type { ReportDocument } from '../../../bench/report/document.ts';
import { markdown } from '../../../bench/report/markdown.ts';
import { report } from '../../../bench/report/report.ts';
import { writeDocument } from '../../../bench/report/write-report.ts';
import { ResultsError } from '../../../bench/results/find-files.ts';
import { readResults } from '../../../bench/results/read.ts';
import { EXIT, Failure, messageOf, usageFailure } from '../../failure.ts';
import { sayAll } from '../../terminal.ts';
import type { BenchOptions } from './options.ts';

/** Returns the exit code: 1 when nothing that was measured is valid. @throws Failure for wrong usage (exit code 2) and for folders that cannot be analysed or written (1) */
export async function analyzeResults(
  [folder, ...more]: readonly string[],
  { compare: other, json, output }: Pick<BenchOptions, 'compare' | 'json' | 'output'>,
): Promise<number> {
  if (folder === undefined) throw usageFailure('bench analyze: say which folder, as in: bench analyze results.');
  if (more.length > 0) throw usageFailure(`bench analyze: one folder, please; "${more.join(' ')}" is too much.`);
  const analysis = analysed(folder);
  const comparison = other === undefined ? undefined : compare(analysis, analysed(other));
  const exitCode = hasMeasured(analysis) ? EXIT.ok : EXIT.failed;
  if (json) {
    await sayAll(JSON.stringify({ ...analysis, comparison }, undefined, 2));
    return exitCode;
  }
  const told = report(analysis, comparison);
  await sayAll(markdown(told));
  await written(told, output ?? folder);
  return exitCode;
}

/** Writes `report.md` and `report.html` of what is in a folder so far. @throws Failure */
export async function reportOn(folder: string): Promise<void> {
  await written(report(analysed(folder), undefined), folder);
}

function analysed(folder: string) {
  try {
    return analyse(readResults(folder));
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(`bench analyze: ${error.message}.`);
    throw error;
  }
}

async function written(told: ReportDocument, folder: string): Promise<void> {
  try {
    const files = await writeDocument(told, folder);
    process.stderr.write(`Written: ${files.join(', ')}\n`);
  } catch (error) {
    throw new Failure(
      `bench analyze: the report cannot be written to ${resolve(folder)}: ${messageOf(error)}; name another one with --output.`,
    );
  }
}
