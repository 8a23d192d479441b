/**
 * Writes result folders: `run_<n>/` with its reports and `metrics.json`, and `summary.json`, `summary.md`, `scaling.json` at the root.
 * A file is there whole or not at all, so that a benchmark that is interrupted leaves only what can be read.
 */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, messageOf } from '../../stack/failure.ts';
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

const METRICS = 'metrics.json';

/** `number` counts from 1. */
export function runFolder(folder: string, number: number): string {
  return join(folder, `run_${number}`);
}

/** Whether a run is in its folder as a whole. */
export function isWritten(path: string): boolean {
  return existsSync(join(path, METRICS));
}

/** Makes a folder of results before anything is measured. @throws Failure it cannot be written to */
export function makeFolder(path: string): void {
  writing(path, () => {
    makeFolders(path);
    accessSync(path, constants.W_OK);
  });
}

/** Makes a folder and those above it. Node's own way of it never returns where a folder refuses by ENOENT, as those of /proc do. */
export function makeFolders(path: string): void {
  if (isFolder(path)) return;
  if (!existsSync(path)) makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else may have been first.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** @throws Failure what `write` throws, with the folder's path */
export function writing(folder: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new Failure(`Results cannot be written to ${folder}: ${messageOf(error)}.`);
  }
}

/** Writes `run_<number>/` into a folder of results. */
export function writeRun(folder: string, number: number, files: RunFiles): void {
  const path = runFolder(folder, number);
  mkdirSync(path, { recursive: true });
  writeWhole(join(path, 'collector_report.md'), files.collectorReport);
  writeWhole(join(path, 'insight_report.md'), files.insightReport);
  writeWhole(join(path, 'combined_report.md'), files.combinedReport);
  // Last: with it the run counts as there.
  writeWhole(join(path, METRICS), json(files.metrics));
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

/** Writes a file beside its place and moves it there; what cannot be written, as on a full disk, leaves nothing. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
