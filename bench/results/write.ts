/**
 * Writes result folders: `run_<n>/` with its reports and `metrics.json`, and `summary.json`, `summary.md`, `scaling.json` at the root.
 * A file is there whole or not at all, so that a benchmark that is interrupted leaves only what can be read.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricsFile } from './metrics-file.ts';
import type { ScalingFile } from './scaling-file.ts';
import type { SummaryFile } from './summary-file.ts';

/** The files of one run. The reports are Markdown. */
export interface RunFiles {
  metrics: MetricsFile;
  collectorReport: string;
  insightReport: string;
  combinedReport: string;
}

/** Writes `run_<number>/` into a folder of results; `number` counts from 1. */
export function writeRun(folder: string, number: number, files: RunFiles): void {
  const runFolder = join(folder, `run_${number}`);
  mkdirSync(runFolder, { recursive: true });
  writeWhole(join(runFolder, 'collector_report.md'), files.collectorReport);
  writeWhole(join(runFolder, 'insight_report.md'), files.insightReport);
  writeWhole(join(runFolder, 'combined_report.md'), files.combinedReport);
  // Last: with it the run counts as there.
  writeWhole(join(runFolder, 'metrics.json'), json(files.metrics));
}

/** Writes `summary.json` and `summary.md`. */
export function writeSummary(folder: string, summary: SummaryFile, markdown: string): void {
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, 'summary.json'), json(summary));
  writeWhole(join(folder, 'summary.md'), markdown);
}

/** Writes `scaling.json`. */
export function writeScaling(folder: string, scaling: ScalingFile): void {
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, 'scaling.json'), json(scaling));
}

/** Writes a file beside its place and moves it there. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
