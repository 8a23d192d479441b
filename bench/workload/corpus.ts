/**
 * The default corpus: a few small, invented benchmark artefacts, always the same to the byte and to the modification time, so that a run
 * needs no input and two runs send the same prompts.
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Modification times are this and one minute more for every further file: a moment like any other. */
const FIRST_MODIFIED = Date.UTC(2026, 0, 5, 9);
const MINUTE_MS = 60_000;
const RUNS = [1, 2, 3, 4];

const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Measurements\n\nTwo agents on one machine; throughput in tokens a second, latency in milliseconds.\n',
  'notes/method.md':
    '# Method\n\nEvery configuration was run after a warm-up. The first text counts, not the headers.\n',
  'notes/open-questions.md':
    '# Open questions\n\n- Does the context change the throughput?\n- How long is the queue?\n',
  'throughput.csv': csv('run,tokens_per_second', (run) => `${run},${(61.4 + run * 0.7).toFixed(1)}`),
  'latency.csv': csv('run,ttft_ms,p95_ms', (run) => `${run},${180 + run * 9},${260 + run * 11}`),
  'memory.csv': csv('run,private_mb', (run) => `${run},${12 + run}`),
  ...Object.fromEntries(RUNS.map((run) => [`runs/run_${run}.json`, runFile(run)])),
};

/** Writes the default corpus into a folder, which is made. */
export function writeDefaultCorpus(folder: string): void {
  Object.entries(FILES).forEach(([path, content], index) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    const modified = new Date(FIRST_MODIFIED + index * MINUTE_MS);
    utimesSync(file, modified, modified);
  });
}

function csv(head: string, row: (run: number) => string): string {
  return `${[head, ...RUNS.map(row)].join('\n')}\n`;
}

function runFile(run: number): string {
  return `${JSON.stringify({ run, tokens_per_second: 61.4 + run, ttft_ms: 180 + run * 9, errors: 0 }, undefined, 2)}\n`;
}
