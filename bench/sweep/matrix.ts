/**
 * Which configurations a sweep has: the published ones, or those of a JSON file, which has axes (every value with every other) and may name
 * further configurations one by one.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SCENARIOS, WORKLOADS } from '../choices.ts';
import { type ChimeraOptions, definedOnly } from '../scenarios.ts';
import type { Cell } from './cell.ts';
import { tr114Cells } from './tr114.ts';

/** The matrix cannot be used; the message says why and what would do. */
export class MatrixError extends Error {
  override readonly name = 'MatrixError';
}

const MOST_CELLS = 10_000;

const OF_A_CELL = {
  scenario: z
    .string()
    .transform((name) => name.replaceAll('-', '_'))
    .pipe(z.enum(SCENARIOS)),
  model: z.string().min(1),
  workload: z.enum(WORKLOADS),
  num_predict: z.int().min(1),
  seed: z.int().min(0),
  num_gpu: z.int().min(-1),
  num_ctx: z.int().min(16),
  temperature: z.number().min(0),
  top_p: z.number().min(0).max(1),
  top_k: z.int().min(0),
  repeat_penalty: z.number().min(0),
  chimera2_num_gpu: z.int().min(-1),
  chimera2_num_ctx: z.int().min(16),
  chimera2_temperature: z.number().min(0),
  chimera2_top_p: z.number().min(0).max(1),
  chimera2_top_k: z.int().min(0),
  chimera2_repeat_penalty: z.number().min(0),
};
const named = z.strictObject(OF_A_CELL).partial();
type Values = z.output<typeof named>;

const axes = z
  .strictObject(Object.fromEntries(Object.entries(OF_A_CELL).map(([name, one]) => [name, z.array(one).min(1)])))
  .partial();
const matrixFile = z.strictObject({
  axes: axes.optional(),
  configurations: z.record(z.string().regex(/^[\w.-]+$/, 'a name of letters, digits, _ . and -'), named).optional(),
});

const OF_SETTINGS = ['scenario', 'model', 'workload', 'num_predict', 'seed'];
const SECOND = 'chimera2_';

/** The configurations of `tr114` or of a file. @throws MatrixError */
export function readMatrix(matrix: string): Cell[] {
  const cells = matrix === 'tr114' ? tr114Cells() : readFile(matrix);
  if (cells.length === 0) throw new MatrixError(`${matrix} names no configuration: give it "axes" or "configurations"`);
  return cells;
}

/** Those of these names, in the order of the matrix. @throws MatrixError a name that is not there */
export function onlyCells(cells: readonly Cell[], only: readonly string[]): Cell[] {
  const missing = only.find((id) => !cells.some((cell) => cell.id === id));
  if (missing === undefined) return cells.filter(({ id }) => only.includes(id));
  throw new MatrixError(`there is no configuration ${missing}; there are ${cells.map(({ id }) => id).join(', ')}`);
}

function readFile(file: string): Cell[] {
  const read = matrixFile.safeParse(parse(file));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new MatrixError(`${file}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}${allowed(issue)}`);
  }
  const combined = combinations(read.data.axes ?? {}, file);
  const width = String(combined.length).length;
  const fromAxes = combined.map((values, index) => cellOf(`c${String(index + 1).padStart(width, '0')}`, values));
  const each = Object.entries(read.data.configurations ?? {}).map(([id, values]) => cellOf(id, values));
  const twice = each.find(({ id }) => fromAxes.some((cell) => cell.id === id));
  if (twice !== undefined) throw new MatrixError(`${file}: configurations.${twice.id}: the axes have one of this name`);
  return [...fromAxes, ...each];
}

/** What may stand where something else does. */
function allowed(issue: { code?: string | undefined; path: PropertyKey[] } | undefined): string {
  if (issue?.code !== 'unrecognized_keys') return '';
  const names = issue.path.length === 0 ? Object.keys(matrixFile.shape) : Object.keys(OF_A_CELL);
  return `; use ${names.join(', ')}`;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new MatrixError(`${file} cannot be read as JSON: ${(error as Error).message}; or name the matrix tr114`);
  }
}

/** Every value of every axis with every other; the last axis changes first. */
function combinations(all: z.output<typeof axes>, file: string): Values[] {
  const entries = Object.entries(all).filter(([, values]) => values !== undefined) as [string, unknown[]][];
  if (entries.length === 0) return [];
  const count = entries.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_CELLS)
    throw new MatrixError(`${file}: the axes make ${count} configurations, more than ${MOST_CELLS}`);
  return entries.reduce<Values[]>(
    (cells, [name, values]) => cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value }))),
    [{}],
  );
}

function cellOf(id: string, values: Values): Cell {
  const part = (fits: (name: string) => boolean) => Object.entries(values).filter(([name]) => fits(name));
  const chimera = Object.fromEntries(part((name) => !OF_SETTINGS.includes(name) && !name.startsWith(SECOND)));
  const chimera2 = part((name) => name.startsWith(SECOND)).map(([name, value]) => [name.slice(SECOND.length), value]);
  return {
    id,
    settings: definedOnly({
      ...Object.fromEntries(part((name) => OF_SETTINGS.includes(name))),
      chimera: chimera as ChimeraOptions,
      chimera2: Object.fromEntries(chimera2) as ChimeraOptions,
    }),
  };
}
