/**
 * Reads a folder of results, written by this tool or by the original: one configuration (`run_<n>/metrics.json`) or a whole sweep
 * (`scenario/testNNN/run_<n>/metrics.json`, any depth). A file that cannot be read is named and left out; it never counts as 0.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { type FoundFiles, findFiles, ResultsError } from './find-files.ts';
import { type MetricsFile, metricsFile } from './metrics-file.ts';
import { type ScalingFile, scalingFile } from './scaling-file.ts';
import { type SummaryFile, summaryFile } from './summary-file.ts';

/** A file with its place. `path`: relative to the folder that was read; `configuration`: the folder of its configuration, likewise. */
export interface ReadFile<T> {
  path: string;
  configuration: string;
  content: T;
}

/** A file that was left out. */
export interface FileProblem {
  path: string;
  message: string;
}

export interface Results {
  /** Absolute. */
  folder: string;
  runs: ReadFile<MetricsFile>[];
  summaries: ReadFile<SummaryFile>[];
  scalings: ReadFile<ScalingFile>[];
  problems: FileProblem[];
}

/** @throws ResultsError when the folder is missing or holds no run and no scaling that can be read; the message names the files */
export function readResults(folder: string): Results {
  const found = findFiles(folder);
  const problems: FileProblem[] = [];
  const read = <T extends z.ZodType>(paths: readonly string[], schema: T, above: number): ReadFile<z.output<T>>[] =>
    paths.flatMap((path) => {
      const content = readFile(join(folder, path), schema);
      if (!(content instanceof ResultsError)) return [{ path, configuration: configurationOf(path, above), content }];
      problems.push({ path, message: content.message });
      return [];
    });
  const results = {
    folder: resolve(folder),
    runs: read(found.metrics, metricsFile, 2),
    summaries: read(found.summaries, summaryFile, 1),
    scalings: read(found.scalings, scalingFile, 1),
    problems,
  };
  if (results.runs.length + results.scalings.length === 0) throw nothingToRead(folder, found, problems);
  return results;
}

function nothingToRead(folder: string, found: FoundFiles, problems: readonly FileProblem[]): ResultsError {
  const broken = problems.map(({ path, message }) => `\n  ${path}: ${message}`).join('');
  if (broken !== '') return new ResultsError(`nothing in ${folder} can be read:${broken}`);
  const alone = found.summaries.length > 0 ? '; a summary.json alone is not believed' : '';
  return new ResultsError(
    `${folder} holds no run_<n>/metrics.json, at no depth${alone}; name a folder that a benchmark wrote`,
  );
}

function readFile<T extends z.ZodType>(path: string, schema: T): z.output<T> | ResultsError {
  let text = '';
  let json: unknown;
  try {
    text = readFileSync(path, 'utf8');
    json = JSON.parse(text);
  } catch (error) {
    return new ResultsError(unreadable(error as Error, text));
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return new ResultsError(`it is no result of this benchmark: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** A file that ends in the middle may be one that another tool is writing; ours are there whole or not at all. */
function unreadable(error: Error, text: string): string {
  if (!(error instanceof SyntaxError)) return `it cannot be read: ${error.message}`;
  const isCut = /^\s*[{[]/.test(text) && !/[}\]]\s*$/.test(text);
  return `it is no JSON: ${error.message}${isCut ? '; it ends in the middle, as a file that is being written at the moment' : ''}`;
}

/** The folder that holds `summary.json` and the `run_<n>` of a file `above` levels below it; `.` is the folder that was read. */
function configurationOf(path: string, above: number): string {
  return Array.from({ length: above }).reduce<string>((folder) => dirname(folder), path);
}
