/** What can be concluded from a folder, and what cannot: sentences, each with the fields that its numbers are from. */
import type { Ratio } from '../statistics/comparison.ts';
import type { Anova } from '../statistics/variance.ts';
import type { Figures } from './figures.ts';
import { between, counted, decimals, probability } from './words.ts';

/** `from`: paths of fields of the analysis. */
interface Sentence {
  text: string;
  from: string[];
}

export interface Verdict {
  concluded: Sentence[];
  notConcluded: Sentence[];
}

type Tell = (figures: Figures) => Sentence | undefined;

const CONCLUDED: readonly Tell[] = [effectOfConfiguration, balanceOnly, trueSpeedup, slowdowns, scalability, leftOut];
const NOT_CONCLUDED: readonly Tell[] = [
  nothingValid,
  oneAgentOnly,
  heldBack,
  unclearSpeedup,
  unclearSlowdowns,
  unclearScaling,
  unsteadyTimes,
  cachedPrompts,
  unmeasuredContention,
  noTiers,
  whichConfiguration,
  noSpread,
  unknownServers,
  sameSettings,
  simulatedServers,
  undisturbed,
  mixed,
  unreadable,
];

export function verdict(figures: Figures): Verdict {
  const told = (tells: readonly Tell[]): Sentence[] => tells.flatMap((tell) => tell(figures) ?? []);
  return { concluded: told(CONCLUDED), notConcluded: told(NOT_CONCLUDED) };
}

const SIGNIFICANT = 0.05;

function effectOfConfiguration({ anova: { published, valid }, configurations }: Figures): Sentence | undefined {
  if (published === undefined) return undefined;
  const both =
    valid === undefined || valid.freedomWithin === published.freedomWithin ? [published] : [published, valid];
  const effects = new Set(both.map(({ p, permutationP }) => Math.max(p, permutationP) < SIGNIFICANT));
  const said = effects.size > 1 ? DEPENDS : effects.has(true) ? EFFECT : NO_EFFECT;
  const text = `${said}: over ${configurations.length} configurations ${both.map(test).join('; valid runs only: ')}.`;
  return { text, from: ['anova.published', 'anova.valid', 'configurations'] };
}

const NO_EFFECT = 'No effect of the configuration on efficiency can be seen';
const EFFECT = 'The configuration has an effect on efficiency (on balance, that is)';
const DEPENDS = 'Whether the configuration has an effect on efficiency depends on the invalid runs';

function test({ f, freedomBetween, freedomWithin, p, permutationP }: Anova): string {
  return `F(${freedomBetween},${freedomWithin}) = ${decimals(f, 3)}, p ${probability(p)}; permutation p ${probability(permutationP)}`;
}

function balanceOnly({ balance, runs }: Figures): Sentence | undefined {
  if (runs.length === 0) return undefined;
  const { largestDifference } = balance;
  const distance = decimals(largestDifference, largestDifference < 0.1 ? 3 : 2);
  const text =
    largestDifference < 1
      ? `Efficiency is balance: it equals 100·mean(T)/max(T) to within ${distance} percentage points in every run. It says how alike the two turns were in length; if both took twice as long it would stay the same.`
      : `Efficiency is 100·mean(T)/W with T out of the same run: balance, less what W is longer than the slower agent (here up to ${distance} percentage points). It measures no contention.`;
  return { text, from: ['balance.largestDifference'] };
}

function trueSpeedup({ sound, valid }: Figures): Sentence | undefined {
  const speedup = sound?.overall.trueSpeedup;
  const gain = speedup && gainOf(speedup);
  if (speedup === undefined || gain === undefined) return undefined;
  const legacy = decimals(valid.efficiencyPercent?.mean, 1);
  const text = `Running the agents at once ${gain}: true speed-up ${decimals(speedup.ratio, 3)} (95 %: ${between(speedup.interval, 3)}) against the agents one after the other${range(sound)}. The efficiency of ${legacy} % says nothing of that; believe the true speed-up.`;
  return { text, from: ['sound.overall.trueSpeedup', 'sound.configurations', 'valid.efficiencyPercent.mean'] };
}

/** The worst and the best configuration, where there are several. */
function range(sound: Figures['sound']): string {
  const all = (sound?.configurations ?? []).flatMap(({ name, trueSpeedup: of }) =>
    of === undefined ? [] : [{ name, ratio: of.ratio }],
  );
  all.sort((one, other) => one.ratio - other.ratio);
  const [worst, best] = [all[0], all.at(-1)];
  if (worst === undefined || best === undefined || worst === best) return '';
  return `, from ${decimals(worst.ratio, 3)} (${worst.name}) to ${decimals(best.ratio, 3)} (${best.name})`;
}

/** Undefined: it cannot be told, because there is no interval (one block), or it holds gains and losses that matter. */
function gainOf({ interval }: Ratio): string | undefined {
  if (interval === undefined) return undefined;
  if (interval.low > 1.02) return 'is faster';
  if (interval.high < 0.98) return 'is slower';
  return interval.low > 1 / NOTHING && interval.high < NOTHING ? 'gains nothing that can be told from none' : undefined;
}

/** Gains and losses below 10 % are none. */
const NOTHING = 1.1;

function unclearSpeedup({ sound, valid }: Figures): Sentence | undefined {
  const speedup = sound?.overall.trueSpeedup;
  if (speedup === undefined || gainOf(speedup) !== undefined) return undefined;
  const blocks = counted(speedup.pairs, 'block');
  const legacy = decimals(valid.efficiencyPercent?.mean, 1);
  const { interval } = speedup;
  const range = interval
    ? `at 95 % it lies anywhere in ${between(interval, 3)}. Measure more runs, or on a quieter machine`
    : 'one block has no interval. Measure more runs';
  const text = `Whether running the agents at once gains anything: the true speed-up of ${blocks} is ${decimals(speedup.ratio, 3)}, and ${range}. The efficiency of ${legacy} % is balance, and does not tell it.`;
  return { text, from: ['sound.overall.trueSpeedup', 'valid.efficiencyPercent.mean'] };
}

function unsteadyTimes({ steadiness, configurations }: Figures): Sentence | undefined {
  if (steadiness.length === 0) return undefined;
  const isOnly = configurations.length === 1;
  const named = steadiness.slice(0, 5).map(({ name, cv }) => `${isOnly ? '' : `${name} `}${decimals(cv, 0)} %`);
  const more = steadiness.length > 5 ? ` and ${steadiness.length - 5} more` : '';
  const text = `Times as such (W, TTFT, throughput): with the same settings W differs from run to run by a CV of ${named.join(', ')}${more}. Answers differed in length, or something else used the machine.`;
  return { text, from: ['steadiness'] };
}

function cachedPrompts({ promptCache }: Figures): Sentence | undefined {
  if (promptCache === undefined || promptCache.cached === 0) return undefined;
  const { cached, calls, uncachedMs, cachedMs } = promptCache;
  const costs =
    uncachedMs === undefined || cachedMs === undefined
      ? ''
      : ` (median ${decimals(cachedMs, 0)} ms to read it, instead of ${decimals(uncachedMs, 0)} ms)`;
  const all = calls === cached ? 'all calls' : `${cached} of ${calls} calls`;
  const mixed = calls === cached ? '' : '. Parts with and without it are not alike: more warm-ups help (--warmup)';
  const text = `What reading a prompt costs: in ${all} the server still had the prompt of an earlier part and did not read it again${costs}${mixed}.`;
  return { text, from: ['promptCache'] };
}

function slowdowns({ sound }: Figures): Sentence | undefined {
  const all = (sound?.overall.slowdowns ?? []).filter(({ slowdown }) => isClear(slowdown));
  if (all.length === 0) return undefined;
  const each = all.map(
    ({ agent, slowdown: { ratio, interval } }) => `${agent} ${decimals(ratio, 3)} (${between(interval, 3)})`,
  );
  const text = `Beside the other, an agent takes this many times as long as alone: ${each.join(', ')}.`;
  return { text, from: ['sound.overall.slowdowns'] };
}

/** Whether it tells slower from not slower, or that there is no difference that matters. */
function isClear({ interval }: Ratio): boolean {
  if (interval === undefined) return false;
  return interval.low > 1 || interval.high < 1 || (interval.low > 1 / NOTHING && interval.high < NOTHING);
}

function unclearSlowdowns({ sound }: Figures): Sentence | undefined {
  const all = (sound?.overall.slowdowns ?? []).filter(({ slowdown }) => !isClear(slowdown));
  if (all.length === 0) return undefined;
  const each = all.map(({ agent, slowdown: { ratio, interval } }) => {
    const range = interval === undefined ? 'one block: no interval' : `95 %: ${between(interval, 3)}`;
    return `${agent} took ${decimals(ratio, 3)} times as long as alone (${range})`;
  });
  const text = `Whether the other slows an agent down: ${each.join(', ')}.`;
  return { text, from: ['sound.overall.slowdowns'] };
}

function scalability({ scaling }: Figures): Sentence | undefined {
  const [{ law, points } = {}] = scaling;
  if (law === undefined || points === undefined) return undefined;
  const beyond = (law.peak ?? 0) > (points.at(-1)?.agents ?? 0) ? ', which is beyond what was measured' : '';
  const isWeak = law.explained < 0.8;
  const peak =
    law.peak === undefined || isWeak ? '' : `; throughput is highest at about ${decimals(law.peak, 1)} agents${beyond}`;
  const weak = isWeak ? ': believe the points rather than the curve' : '';
  const text = `Scaling: σ = ${decimals(law.sigma, 4)}, κ = ${decimals(law.kappa, 5)}${peak}. The law explains ${decimals(100 * law.explained, 1)} % of the variance${weak}.`;
  return { text, from: ['scaling[0].law', 'scaling[0].points'] };
}

/** Where no law could be fitted, or parts had to be left out. */
function unclearScaling({ scaling }: Figures): Sentence | undefined {
  const told = scaling.flatMap(({ law, points, invalidParts, invalidCalls }) => {
    const have = `${counted(points.length, 'number')} of agents ${points.length === 1 ? 'was' : 'were'} measured`;
    const missing = law === undefined ? [`${have}, and a curve needs one agent alone and two other numbers`] : [];
    return [...missing, ...(invalidParts === 0 ? [] : [leftOutOfScaling(invalidParts, invalidCalls)])];
  });
  if (told.length === 0) return undefined;
  const text = `How throughput grows with the agents: ${told.join('; ')}.`;
  return { text, from: ['scaling[].points', 'scaling[].invalidParts', 'scaling[].invalidCalls'] };
}

function leftOutOfScaling(parts: number, { calls, invalid, reasons }: Figures['calls']): string {
  const left = `${counted(parts, 'part')} ${parts === 1 ? 'is' : 'are'} left out`;
  if (invalid === 0) return left;
  return `${left}: ${invalid} of ${counted(calls, 'call')} ${invalid === 1 ? 'is' : 'are'} invalid: ${reasonsOf(reasons)}`;
}

function reasonsOf(reasons: Figures['calls']['reasons']): string {
  const each = reasons.map(({ text, detail, calls }) => {
    return `${calls} × ${text}${detail === undefined ? '' : ` (such as: ${detail})`}`;
  });
  return each.join('; ');
}

function leftOut({ invalidRuns, published, valid }: Figures): Sentence | undefined {
  if (invalidRuns.length === 0) return undefined;
  const named = invalidRuns.slice(0, 5).map(({ name, run, why }) => `${name} run ${run}, ${why.join('; ')}`);
  const more = invalidRuns.length > 5 ? `; and ${invalidRuns.length - 5} more` : '';
  const means = [published, valid].map((one) => decimals(one.efficiencyPercent?.mean, 3));
  const isCounted = valid.runs > 0 && invalidRuns.some(({ timed }) => timed);
  const difference = isCounted ? ` (mean efficiency ${means[1]} % instead of ${means[0]} %)` : '';
  const all = published.runs + invalidRuns.filter(({ timed }) => !timed).length;
  const text = `${counted(invalidRuns.length, 'run')} of ${all} ${invalidRuns.length === 1 ? 'is' : 'are'} invalid and left out of the valid-only figures${difference}: ${named.join('; ')}${more}.`;
  return { text, from: ['invalidRuns', 'published', 'valid.efficiencyPercent.mean'] };
}

function nothingValid({ invalidRuns, valid, calls: { calls, invalid, reasons } }: Figures): Sentence | undefined {
  if (valid.runs > 0 || invalidRuns.length === 0) return undefined;
  const text = `Anything about two agents at once: no run is valid. ${counted(invalid, 'call')} of ${calls} ${invalid === 1 ? 'is' : 'are'} invalid: ${reasonsOf(reasons)}.`;
  return { text, from: ['calls', 'valid.runs'] };
}

function oneAgentOnly({ singleRuns, published }: Figures): Sentence | undefined {
  if (singleRuns.length === 0) return undefined;
  const rest = published.runs === 0 ? '' : `; they are kept apart from the ${counted(published.runs, 'run')} of two`;
  const text = `Efficiency, speed-up, contention or any other figure of two agents out of ${counted(singleRuns.length, 'run')} in which no two agents were at once${rest}. What an agent did alone stands in a table of its own.`;
  return { text, from: ['singleRuns', 'alone'] };
}

/** By the benchmark's own settings the agents were not free to be at once. */
function heldBack({ conditions }: Figures): Sentence | undefined {
  const reasons = conditions.flatMap(({ runtime, maxConcurrent, staggerMs }) => [
    ...(runtime?.startsWith('serial') ? ['a mutex lets one agent work at a time (--runtime serial)'] : []),
    ...(maxConcurrent === 1 ? ['one call was made at a time (--max-concurrent 1)'] : []),
    ...(staggerMs === undefined ? [] : [`agents began ${staggerMs} ms after each other (--stagger-ms), as part of W`]),
  ]);
  if (reasons.length === 0) return undefined;
  const text = `What two agents do that are free to be at once: the benchmark itself held them back: ${[...new Set(reasons)].join('; ')}.`;
  return { text, from: ['conditions'] };
}

function unmeasuredContention({ sound, runs }: Figures): Sentence | undefined {
  if (sound?.overall.trueSpeedup !== undefined || runs.length === 0) return undefined;
  const why =
    sound === undefined ? 'no agent ran alone, and none really after the other' : 'no block has both, and valid';
  const text = `Whether two agents at once are faster than one after the other, and how much each slows the other down: ${why}. "Sequential" is the sum of two times out of the concurrent run.`;
  return { text, from: ['sound'] };
}

function noTiers({ tiers, runs }: Figures): Sentence | undefined {
  if (tiers.tiers.length > 0 || runs.length === 0) return undefined;
  return { text: `Which configuration to recommend: ${tiers.why}.`, from: ['tiers'] };
}

function whichConfiguration({ anova: { published }, ranking: { topByAverage } }: Figures): Sentence | undefined {
  const [best] = topByAverage;
  if (published === undefined || best === undefined || published.permutationP < SIGNIFICANT) return undefined;
  const text = `That ${best.name} is better than the others: its average of ${decimals(best.average, 3)} % is the best of ${published.freedomBetween + 1} draws of the same lot, and the order of the tables is what chance made of it.`;
  return { text, from: ['ranking.topByAverage[0]', 'anova.published'] };
}

function noSpread({ configurations }: Figures): Sentence | undefined {
  const single = configurations.filter(({ published }) => published.runs < 2);
  if (single.length === 0) return undefined;
  const which =
    single.length === configurations.length ? 'every configuration' : single.map(({ name }) => name).join(', ');
  return {
    text: `How much runs differ: ${which} has one run only, so that there is no spread and no interval.`,
    from: ['configurations'],
  };
}

function unknownServers({ servers, runs }: Figures): Sentence | undefined {
  if (servers.length > 0 || runs.length === 0) return undefined;
  const text = 'What the servers really ran with (layers on the card, context, version): the files do not say.';
  return { text, from: ['servers'] };
}

/** Where the models are known to make no difference of it. Ollama: gemma3's 4B has 34 layers, vision models get 2048 of context at least. */
function sameSettings({ runs, servers }: Figures): Sentence | undefined {
  if (servers.some(({ kind }) => kind !== 'ollama')) return undefined;
  const agents = runs.flatMap(({ a, b }) => [a, b]);
  const layers = agents.flatMap(({ options }) => (typeof options.num_gpu === 'number' ? [options.num_gpu] : []));
  const known = agents.every(({ model }) => /^gemma3(:latest|:4b.*)?$/.test(model ?? ''));
  if (!known || new Set(layers).size < 2 || layers.some((count) => count < 35)) return undefined;
  const text =
    'Anything about num_gpu and small num_ctx: gemma3 4B has 34 layers, so that every num_gpu of these runs puts all of it on the card, and Ollama gives a vision model a context of 2048 at least. These settings were physically the same.';
  return { text, from: ['runs'] };
}

function simulatedServers({ servers }: Figures): Sentence | undefined {
  if (!servers.some(({ simulated }) => simulated === true)) return undefined;
  const text =
    'Anything about a real model: these runs are of the simulator. They show what the benchmark itself adds.';
  return { text, from: ['servers'] };
}

function undisturbed({ disturbed, runs }: Figures): Sentence | undefined {
  if (disturbed.length === 0) return undefined;
  const calls = disturbed.reduce((sum, one) => sum + one.calls, 0);
  const text = `What ${disturbed.length} of ${runs.length} runs would have been undisturbed: others were at work on the same server or GPU during ${counted(calls, 'call')} of theirs.`;
  return { text, from: ['disturbed'] };
}

function mixed({ mixtures }: Figures): Sentence | undefined {
  if (mixtures.length === 0) return undefined;
  const what = mixtures.map(({ what: mixedThings, values }) => `${mixedThings} (${values.join(', ')})`).join('; ');
  return { text: `Anything across what is mixed in this folder: ${what}. Analyse them apart.`, from: ['mixtures'] };
}

function unreadable({ problems, unusable }: Figures): Sentence | undefined {
  if (problems.length + unusable.length === 0) return undefined;
  const named = [
    ...problems.map(({ path, message }) => `${path}: ${message}`),
    ...unusable.map(({ file, why }) => `${file}: ${why}`),
  ];
  return {
    text: `Anything about ${counted(named.length, 'file')} that had to be left out: ${named.join('; ')}.`,
    from: ['problems', 'unusable'],
  };
}
