/** Matrices: the published one, files with axes, what is wrong with a file; time and sameness. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { worksOf } from '../../../bench/schedule/works.ts';
import { MatrixError, onlyCells, readMatrix } from '../../../bench/sweep/matrix.ts';
import { planCells, sameCells } from '../../../bench/sweep/plan.ts';
import { folder, settings } from '../two-simulators.ts';

function file(content: unknown): string {
  const path = join(folder(), 'matrix.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('tr114', () => {
  const cells = planCells(readMatrix('tr114'), settings());
  const of = (id: string) => cells.find((cell) => cell.id === id);

  test('27 configurations under their published names', () => {
    expect(cells).toHaveLength(27);
    const counts = ['baseline_vs_chimera', 'chimera_hetero', 'chimera_homo'].map(
      (name) => cells.filter(({ settings: { scenario } }) => scenario === name).length,
    );
    expect(counts).toEqual([7, 7, 13]);
    expect(cells.map(({ folder }) => folder)).toContain('chimera_hetero/test011');
  });

  test('with their options', () => {
    expect(of('test011')?.settings).toMatchObject({
      chimera: { num_gpu: 120, num_ctx: 512, temperature: 0.8 },
      chimera2: { num_gpu: 140, num_ctx: 1024, temperature: 0.8 },
    });
    expect(of('test100')?.settings.chimera).toEqual({ num_gpu: 80, num_ctx: 512, temperature: 0.6 });
    expect(of('test018')?.settings.chimera).toEqual({ num_gpu: 120, num_ctx: 1024, temperature: 0.8 });
  });

  test('a part of it, and a name that is not there', () => {
    expect(onlyCells(readMatrix('tr114'), ['test108', 'test001']).map(({ id }) => id)).toEqual(['test001', 'test108']);
    expect(() => onlyCells(readMatrix('tr114'), ['test101'])).toThrow(/no configuration test101; there are test001/);
  });
});

test('axes: every value with every other, and further configurations by name', () => {
  const path = file({
    axes: { scenario: ['chimera-homo'], num_gpu: [60, 80], temperature: [0.6, 1] },
    configurations: { mine: { model: 'other', chimera2_num_ctx: 4096 } },
  });
  const cells = planCells(readMatrix(path), settings({ chimera: { top_k: 40 } }));
  expect(cells.map(({ folder }) => folder)).toEqual([
    ...['chimera_homo/c1', 'chimera_homo/c2', 'chimera_homo/c3', 'chimera_homo/c4', 'baseline_vs_chimera/mine'],
  ]);
  expect(cells.map(({ settings: { chimera } }) => chimera).slice(0, 3)).toEqual([
    { top_k: 40, num_gpu: 60, temperature: 0.6 },
    { top_k: 40, num_gpu: 60, temperature: 1 },
    { top_k: 40, num_gpu: 80, temperature: 0.6 },
  ]);
  expect(cells[4]?.settings).toMatchObject({ model: 'other', chimera2: { num_ctx: 4096 } });
});

test.each([
  ['{', /cannot be read as JSON/],
  [{ axes: { num_gpus: [1] } }, /axes: Unrecognized key: "num_gpus"; use scenario, model, .*num_gpu, num_ctx/],
  [{ configurations: { x: { gpu: 1 } } }, /configurations.x: Unrecognized key: "gpu"; use scenario, /],
  [{ scenario: 'chimera_homo' }, /the whole: Unrecognized key: "scenario"; use axes, configurations/],
  [{ axes: { num_gpu: ['many'] } }, /axes.num_gpu.0/],
  [{ axes: { scenario: ['chimera'] } }, /axes.scenario.0/],
  [{}, /names no configuration/],
  [{ axes: { seed: [1] }, configurations: { c1: {} } }, /configurations.c1: the axes have one/],
  [{ axes: { seed: Array(200).fill(1), num_gpu: Array(200).fill(1) } }, /40000 configurations/],
])('a file that cannot be used: %j', (content, message) => {
  expect(() => readMatrix(file(content))).toThrow(MatrixError);
  expect(() => readMatrix(file(content))).toThrow(message);
});

test('configurations that a server cannot tell apart are named', () => {
  const cells = planCells(readMatrix(file({ axes: { num_gpu: [20, 60, 80], num_ctx: [512] } })), settings());
  const server = { url: 'http://x', protocol: 'ollama', kind: 'ollama', simulated: false, layers: 34 } as const;
  expect(sameCells(cells, [server, server])).toEqual([expect.stringMatching(/^c2, c3: .*same settings/)]);
  expect(
    sameCells(cells, [
      { ...server, kind: 'llama-server' },
      { ...server, kind: 'llama-server' },
    ]),
  ).toEqual([expect.stringMatching(/^c1, c2, c3: /)]);
});

test('a vision model has 2048 tokens of context at least: smaller ones are the same', () => {
  const cells = planCells(readMatrix(file({ axes: { num_ctx: [512, 1024, 2048, 4096] } })), settings());
  const server = { url: 'http://x', protocol: 'ollama', kind: 'ollama', simulated: false } as const;
  expect(sameCells(cells, [server, server])).toEqual([]);
  const seeing = { ...server, isVision: true };
  expect(sameCells(cells, [seeing, seeing])).toEqual([expect.stringMatching(/^c1, c2, c3: .*same settings/)]);
});

test('how much is measured: two servers do two at once in the time of one', () => {
  expect(worksOf(settings({ design: 'legacy' }), 5, 2)).toBe(5);
  expect(worksOf(settings({ design: 'legacy' }), 5, 1)).toBe(10);
  expect(worksOf(settings({ warmup: 1 }), 2, 2)).toBe(1 + 2 * (1 + 1 + 2 + 1));
  expect(worksOf(settings({ warmup: 1 }), 0, 2)).toBe(0);
});
