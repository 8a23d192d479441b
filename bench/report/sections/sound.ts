/** What the sound design measured: true speed-ups, slowdowns, waiting, and the curve of more and more agents. */
import type { Analysis } from '../../analysis/analysis.ts';
import type { SoundConfiguration } from '../../analysis/sound.ts';
import { between, decimals } from '../../analysis/words.ts';
import type { Ratio } from '../../statistics/comparison.ts';
import { type Block, heading, paragraph, table } from '../document.ts';

export function soundSections({ sound }: Analysis): Block[] {
  if (sound === undefined || !comparesAnything(sound)) return [];
  const all = sound.configurations.length > 1 ? [...sound.configurations, sound.overall] : sound.configurations;
  const from = ['sound.configurations', 'sound.overall'];
  const row = (cells: (one: SoundConfiguration) => string[]): string[][] => all.map((one) => [one.name, ...cells(one)]);
  return [
    heading('True speed-up'),
    paragraph(
      'S_true = T_serial / W against the agents really one after the other; R the same per token, against the agents alone. 1: nothing gained. Ratios are within blocks, intervals at 95 %. Believe these where the efficiency says otherwise.',
    ),
    table(
      ['configuration', 'blocks', 'invalid parts', 'S_true', '95 %', 'R', '95 %'],
      row((one) => [
        String(one.blocks),
        String(one.invalidParts),
        ...ratio(one.trueSpeedup),
        ...ratio(one.tokenNormalised),
      ]),
      ...from,
    ),
    heading('Slowdown beside the other'),
    paragraph(
      'Slowdown: T beside the others / T alone. ANTT: its mean. STP: Σ 1/slowdown, the number of agents at best. Fairness: least / greatest. Jain: of 1/slowdown.',
    ),
    table(
      ['configuration', 'slowdowns (95 %)', 'ANTT', 'STP', 'fairness', 'Jain'],
      row(({ slowdowns, antt, stp, fairness, jain }) => [
        slowdowns.map(({ agent, slowdown }) => `${agent} ${ratio(slowdown).join(' (')})`).join('; '),
        ...[antt, stp, fairness, jain].map((value) => decimals(value, 3)),
      ]),
      ...from,
    ),
    heading('Waiting and overlap of concurrent runs'),
    table(
      [
        'configuration',
        'queue ms P50',
        'queue ms P95',
        'overlap, mean',
        'W − max(T) ms P50',
        'P99',
        'T − Σ calls ms P50',
        'P99',
      ],
      row(({ queueMs, overlap, coordinationMs, outsideCallsMs }) => [
        decimals(queueMs?.median, 2),
        decimals(queueMs?.p95, 2),
        decimals(overlap?.mean, 3),
        decimals(coordinationMs?.median, 2),
        decimals(coordinationMs?.p99, 2),
        decimals(outsideCallsMs?.median, 2),
        decimals(outsideCallsMs?.p99, 2),
      ]),
      ...from,
    ),
  ];
}

/** Agents alone make no table of ratios. */
function comparesAnything({ overall: { trueSpeedup, slowdowns, invalidParts } }: NonNullable<Analysis['sound']>) {
  return trueSpeedup !== undefined || slowdowns.length > 0 || invalidParts > 0;
}

export function scalingSections({ scaling }: Analysis): Block[] {
  return scaling.flatMap(({ file, points, law, invalidParts }, at): Block[] => {
    const said =
      law === undefined
        ? 'No curve: that needs one agent alone and two other numbers of agents.'
        : `X(N) = X₁·N / (1 + σ(N−1) + κN(N−1)) with X₁ = ${decimals(law.single, 2)} tokens/s, σ = ${decimals(law.sigma, 4)}, κ = ${decimals(law.kappa, 5)}; it explains ${decimals(100 * law.explained, 1)} % of the variance; ${law.peak === undefined ? 'more agents never make it slower' : `highest at ${decimals(law.peak, 1)} agents`}.`;
    const rows = points.map(({ agents, tokensPerSecond, fitted }) => [
      String(agents),
      String(tokensPerSecond.count),
      decimals(tokensPerSecond.mean, 2),
      decimals(tokensPerSecond.sd, 2),
      decimals(fitted, 2),
    ]);
    const left = invalidParts === 0 ? '' : ` ${invalidParts} invalid parts are left out.`;
    return [
      heading(scaling.length > 1 ? `Scaling: ${file}` : 'Scaling'),
      paragraph(said + left, `scaling[${at}].law`),
      table(['agents', 'runs', 'tokens/s, mean', 'sd', 'by the law'], rows, `scaling[${at}].points`),
    ];
  });
}

/** The servers as they described themselves. */
export function serverSection({ servers }: Analysis): Block[] {
  if (servers.length === 0) return [];
  const shown = (value: unknown): string => (value === undefined || value === null ? '–' : String(value));
  const fields = ['base_url', 'kind', 'version', 'model', 'effective_context', 'gpu_layers', 'slots', 'simulated'];
  const rows = servers.map((server) => fields.map((field) => shown(server[field])));
  return [
    heading('What the servers said of themselves'),
    table(
      fields.map((field) => field.replaceAll('_', ' ')),
      rows,
      'servers',
    ),
  ];
}

/** How the runs were made, and what the graphics cards did. */
export function conditionSections({ conditions, gpus }: Analysis): Block[] {
  const plain = (value: string | number | undefined): string => String(value ?? '–');
  const rows = conditions.map((one) => [
    ...[one.runs, one.design, one.runtime, one.workload, one.seed, one.numPredict, one.fallback].map(plain),
    ...[one.maxConcurrent, one.staggerMs, one.processes, one.threads, one.largestReadBytes].map(plain),
  ]);
  const head = [
    'runs',
    'design',
    'runtime',
    'workload',
    'seed',
    'most tokens',
    'fallback',
    'calls at once',
    'stagger ms',
    'processes',
    'threads',
    'largest read, bytes',
  ];
  const cards = gpus.map(({ gpu, memoryBytes, utilisationPercent }) => [
    gpu,
    decimals(memoryBytes && memoryBytes.max / 2 ** 20, 0),
    decimals(utilisationPercent?.mean, 1),
    decimals(utilisationPercent?.max, 1),
  ]);
  return [
    ...(rows.length === 0 ? [] : [heading('How the runs were made'), table(head, rows, 'conditions')]),
    ...(cards.length === 0
      ? []
      : [heading('Graphics cards'), table(['card', 'most memory, MiB', 'mean use %', 'most use %'], cards, 'gpus')]),
  ];
}

function ratio(value: Ratio | undefined): [string, string] {
  return [decimals(value?.ratio, 3), between(value?.interval, 3)];
}
