/** `bench analyze FOLDER`: tells what results show, as a report in Markdown and HTML, or as JSON. It changes none of them. */
import { join, resolve } from 'node:path';
import { analyse, hasMeasured } from '../../../bench/analysis/analysis.ts';
import { compare } from '../../../bench/analysis/compare.ts';
import type { ReportDocument } from '../../../bench/report/document.ts';
import { html } from '../../../bench/report/html.ts';
import { markdown } from '../../../bench/report/markdown.ts';
import { report } from '../../../bench/report/report.ts';
import { ResultsError } from '../../../bench/results/find-files.ts';
import { readResults } from '../../../bench/results/read.ts';
import { writeWhole } from '../../../bench/results/write.ts';
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
  await writeReport(told, output ?? folder);
  return exitCode;
}

/** Writes `report.md` and `report.html` of what is in a folder so far. @throws Failure */
export async function reportOn(folder: string): Promise<void> {
  await writeReport(report(analysed(folder), undefined), folder);
}

async function writeReport(told: ReportDocument, folder: string): Promise<void> {
  write(resolve(folder), { 'report.md': markdown(told), 'report.html': await html(told) });
}

function analysed(folder: string) {
  try {
    return analyse(readResults(folder));
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(`bench analyze: ${error.message}.`);
    throw error;
  }
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    for (const [name, text] of Object.entries(files)) writeWhole(join(folder, name), text);
  } catch (error) {
    throw new Failure(
      `bench analyze: the report cannot be written to ${folder}: ${messageOf(error)}; name another one with --output.`,
    );
  }
  process.stderr.write(
    `Written: ${Object.keys(files)
      .map((name) => join(folder, name))
      .join(', ')}\n`,
  );
}
