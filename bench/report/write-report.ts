/** Analyses a folder and writes what it shows beside it: `report.md` and `report.html`. */
import { join, resolve } from 'node:path';
import { type Analysis, analyse } from '../analysis/analysis.ts';
import { readResults } from '../results/read.ts';
import { makeFolders, writeWhole } from '../results/write.ts';
import type { ReportDocument } from './document.ts';
import { html } from './html.ts';
import { markdown } from './markdown.ts';
import { report } from './report.ts';

/** Returns what the report is of. @throws ResultsError nothing can be analysed; the error of a write */
export async function writeReport(folder: string): Promise<Analysis> {
  const analysis = analyse(readResults(folder));
  await writeDocument(report(analysis, undefined), folder);
  return analysis;
}

/** Makes the folder. Returns the paths of the files. @throws the error of a write */
export async function writeDocument(told: ReportDocument, folder: string): Promise<string[]> {
  const files = { 'report.md': markdown(told), 'report.html': await html(told) };
  makeFolders(resolve(folder));
  return Object.entries(files).map(([name, text]) => {
    const path = join(resolve(folder), name);
    writeWhole(path, text);
    return path;
  });
}
