/** From options to settings: presets, prefixes, defaults of the designs; and how progress is shown. */
import { describe, expect, it } from 'vitest';
import { duration, RemainingTime } from '../../../bench/run/progress.ts';
import { BENCH_OPTIONS, type BenchOptions } from '../../../stack/commands/bench/options.ts';
import { openProgress } from '../../../stack/commands/bench/progress.ts';
import { settingsOf } from '../../../stack/commands/bench/settings.ts';
import { readOwnOptions } from '../../../stack/commands/declare.ts';

const settings = (given: Record<string, string | true> = {}) =>
  settingsOf(readOwnOptions(BENCH_OPTIONS, given) as BenchOptions);

describe('settings', () => {
  it('by default: three sound runs, with a seed, a limit and a warm-up', () => {
    expect(settings()).toMatchObject({
      ...{ scenario: 'baseline_vs_chimera', model: 'gemma3:latest', runs: 3, chimera: {}, chimera2: {} },
      ...{ design: 'sound', seed: 42, num_predict: 512, warmup: 1, runtime: 'process', workload: 'v2' },
    });
  });

  it('legacy: nothing that the original did not send', () => {
    expect(settings({ design: 'legacy' })).toMatchObject({ seed: null, num_predict: null, warmup: 0 });
    expect(settings({ seed: '-1', numPredict: '-1' })).toMatchObject({ seed: null, num_predict: null });
  });

  it('every option under both prefixes', () => {
    const values = { NumGpu: '80', NumCtx: '512', Temperature: '0.8', TopP: '0.9', TopK: '40', RepeatPenalty: '1.1' };
    const given = Object.entries(values).flatMap(([name, value]) => [
      [`chimera${name}`, value],
      [`chimera2${name}`, value],
    ]);
    const all = { num_gpu: 80, num_ctx: 512, temperature: 0.8, top_p: 0.9, top_k: 40, repeat_penalty: 1.1 };
    expect(settings(Object.fromEntries(given))).toMatchObject({ chimera: all, chimera2: all });
  });

  it('presets, which what is given goes before', () => {
    expect(settings({ preset: 'production' })).toMatchObject({
      ...{ scenario: 'chimera_homo', runs: 5, chimera: { num_gpu: 80, num_ctx: 2048, temperature: 1 } },
    });
    expect(settings({ preset: 'peak' })).toMatchObject({
      scenario: 'chimera_hetero',
      chimera2: { num_gpu: 140, num_ctx: 1024, temperature: 0.8 },
    });
    expect(settings({ preset: 'constrained', runs: '2', chimeraNumCtx: '512' })).toMatchObject({
      ...{ scenario: 'baseline_vs_chimera', runs: 2, chimera: { num_gpu: 80, num_ctx: 512, temperature: 0.8 } },
    });
  });
});

describe('progress', () => {
  it('what is left follows from what is done', () => {
    const time = new RemainingTime();
    time.expect(10);
    expect([time.fraction, time.secondsLeft]).toEqual([0, undefined]);
    time.ended(2, 8);
    expect([time.fraction, time.secondsLeft]).toEqual([0.2, 32]);
    time.ended(9, 36);
    expect([time.fraction, time.secondsLeft]).toEqual([1, 0]);
  });

  it('times for people', () => {
    expect([12.1, 100, 5999, 7200].map(duration)).toEqual(['13 s', '2 min', '100 min', '2.0 h']);
  });

  it('is plain lines where there is no terminal', async () => {
    let written = '';
    const write = (text: string | Uint8Array): boolean => {
      written += text;
      return true;
    };
    const progress = await openProgress({ isTTY: false, write });
    progress.expect(4);
    progress.note('a note');
    progress.began('run 1, solo a');
    progress.ended(1, { kind: 'solo', releasedMs: 0, endedMs: 2000, agents: [] });
    progress.hide();
    expect(written).toBe('interject: a note\ninterject: run 1, solo a: 2.00 s; about 6 s left\n');
  });
});
