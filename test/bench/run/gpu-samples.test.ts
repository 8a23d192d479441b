/** Samples of graphics cards, from a small real program that speaks as `nvidia-smi` does. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSample, sampleGpus } from '../../../bench/run/gpu-samples.ts';
import { eventually } from '../../stack/eventually.ts';
import { folder } from '../two-simulators.ts';

test.each([
  [
    'NVIDIA GeForce RTX 4080, 5120, 37',
    [{ at_ms: 5, gpu: 'NVIDIA GeForce RTX 4080', memory_bytes: 5120 * 2 ** 20, utilisation_percent: 37 }],
  ],
  ['Card, [N/A], 37', [{ at_ms: 5, gpu: 'Card', utilisation_percent: 37 }]],
  ['Card, [N/A], [N/A]', []],
  ['NVIDIA-SMI has failed, because it could not talk, to the driver', []],
  ['', []],
])('%j', (line, samples) => {
  expect(readSample(line, 5)).toEqual(samples);
});

test('what is sampled is taken once', async () => {
  const program = join(folder(), 'nvidia-smi');
  writeFileSync(program, '#!/bin/sh\necho "One, 1, 2"\necho "Two, 3, 4"\nexec sleep 60\n');
  chmodSync(program, 0o700);
  const gpus = sampleGpus(program);
  onTestFinished(() => gpus.close());
  const taken = [...gpus.take()];
  await eventually(() => taken.push(...gpus.take()) === 2);
  expect(taken.map(({ gpu }) => gpu)).toEqual(['One', 'Two']);
  expect(gpus.take()).toEqual([]);
});

test('without such a program there are none', async () => {
  const gpus = sampleGpus(join(folder(), 'missing'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(gpus.take()).toEqual([]);
  gpus.close();
});
