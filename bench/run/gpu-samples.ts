/** Samples memory and utilisation of the graphics cards where `nvidia-smi` is there; elsewhere there are none. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { machineClockMs } from '../../agent/call-timing.ts';
import type { MetricsFile } from '../results/metrics-file.ts';

type GpuSample = MetricsFile['gpu_samples'][number];

export interface GpuSamples {
  /** What was sampled since the last time. */
  take(): GpuSample[];
  close(): void;
}

const FIELDS = 'name,memory.used,utilization.gpu';
const EVERY_MS = 500;
const BYTES_PER_MIB = 1024 * 1024;

/** Begins to sample, every half second. It ends with the benchmark: a program whose reader is gone ends at its next line. */
export function sampleGpus(program = 'nvidia-smi'): GpuSamples {
  let samples: GpuSample[] = [];
  const given = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits', `--loop-ms=${EVERY_MS}`];
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'ignore'] });
  // There is none on this machine.
  child.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => samples.push(...readSample(line, machineClockMs())));
  return {
    take() {
      const taken = samples;
      samples = [];
      return taken;
    },
    close: () => void child.kill(),
  };
}

/** A line like `NVIDIA GeForce RTX 4080, 5120, 37`; what a card does not tell is no number. None for anything else. */
export function readSample(line: string, atMs: number): GpuSample[] {
  const [gpu = '', memory = '', utilisation = '', ...more] = line.split(',').map((field) => field.trim());
  const [mebibytes, percent] = [numberOf(memory), numberOf(utilisation)];
  if (gpu === '' || more.length > 0 || (mebibytes === undefined && percent === undefined)) return [];
  return [
    {
      at_ms: atMs,
      gpu,
      ...(mebibytes !== undefined && { memory_bytes: mebibytes * BYTES_PER_MIB }),
      ...(percent !== undefined && { utilisation_percent: percent }),
    },
  ];
}

function numberOf(field: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(field) ? Number(field) : undefined;
}
