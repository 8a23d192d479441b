/** What an agent asks and what it makes of the answers. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeDefaultCorpus } from '../../../bench/workload/corpus.ts';
import { ingest } from '../../../bench/workload/ingest.ts';
import { parseAnalysis } from '../../../bench/workload/parse-analysis.ts';
import { type Part, work } from '../../../bench/workload/workload.ts';
import { folder } from '../two-simulators.ts';

function corpus(): string {
  const path = folder();
  writeDefaultCorpus(path);
  return path;
}

describe('ingest', () => {
  test('totals, kinds, the first five paths and how many more, the latest modification', async () => {
    const path = folder();
    mkdirSync(join(path, 'deep/er'), { recursive: true });
    const names = ['b.csv', 'a.CSV', 'c.json', 'deep/d.md', 'deep/er/e.md', 'f.json', 'not.txt'];
    for (const name of names) writeFileSync(join(path, name), 'xy');
    const latest = new Date('2026-02-03T04:05:06Z');
    for (const name of names) utimesSync(join(path, name), latest, latest);
    expect(await ingest(path)).toEqual({
      files: 6,
      text: [
        'Files: 6, 12 bytes in all',
        ...['- csv: 2', '- json: 2', '- md: 2', 'Paths:'],
        ...['- a.CSV', '- b.csv', '- c.json', '- deep/d.md', '- deep/er/e.md', '… and 1 more'],
        'Latest modification: 2026-02-03T04:05:06.000Z',
      ].join('\n'),
    });
  });

  test('an empty folder', async () => {
    expect(await ingest(folder())).toMatchObject({ files: 0, text: expect.stringContaining('Files: 0') });
  });

  test('the default corpus is the same wherever and whenever it is made', async () => {
    expect(await ingest(corpus())).toEqual(await ingest(corpus()));
  });
});

describe('the answer to the analysis', () => {
  const ANSWER = `# Analysis
## Summary
All runs are alike.
Nothing broke.

## Key findings
- Finding: throughput is stable
- An insight into queues
- no such word
## Metrics
throughput: 61.5
**TTFT ms**: 180
files = 10
Latency p95 = 260.5
## Recommendations
- Recommend: two servers
- I suggest a warm-up`;

  test('is taken apart', () => {
    expect(parseAnalysis(ANSWER)).toEqual({
      summary: 'All runs are alike.\nNothing broke.',
      key_findings: ['## Key findings', '- Finding: throughput is stable', '- An insight into queues'],
      recommendations: ['## Recommendations', '- Recommend: two servers', '- I suggest a warm-up'],
      performance_metrics: { throughput: 61.5, 'TTFT ms': 180, 'Latency p95': 260.5 },
      raw_response: ANSWER,
    });
  });

  test('without a summary: its first five lines; at most ten lines of a kind', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `finding ${index}`);
    const { summary, key_findings } = parseAnalysis(lines.join('\n'));
    expect(summary).toBe(lines.slice(0, 5).join('\n'));
    expect(key_findings).toEqual(lines.slice(0, 10));
  });

  test('an empty answer says nothing', () => {
    expect(parseAnalysis('')).toMatchObject({ summary: '', key_findings: [], performance_metrics: {} });
  });
});

describe('the calls', () => {
  const asked = async (name: 'v1' | 'v2', part: Part, answers: (string | undefined)[]) => {
    const calls: [string, string][] = [];
    const done = await work(name, part, corpus(), async (stage, prompt) => {
      calls.push([stage, prompt]);
      return answers[calls.length - 1];
    });
    return { calls, done };
  };

  test('v2: an analysis of the data, then a report with it in six sections, for both alike', async () => {
    const { calls, done } = await asked('v2', 'collector', ['Finding: queues are short', 'the report']);
    expect(calls.map(([stage]) => stage)).toEqual(['analysis', 'report']);
    expect(calls[0]?.[1]).toContain('latency.csv');
    expect(calls[1]?.[1]).toContain('Finding: queues are short');
    for (const section of [
      'Executive summary',
      'Data ingestion',
      'Performance',
      'Findings',
      'Recommendations',
      'Appendix',
    ]) {
      expect(calls[1]?.[1]).toContain(section);
    }
    expect(done.report).toBe('the report');
    expect((await asked('v2', 'insight', ['Finding: queues are short', 'the report'])).calls).toEqual(calls);
  });

  test('v2: after an invalid analysis there is no report call', async () => {
    const { calls, done } = await asked('v2', 'insight', [undefined]);
    expect([calls.length, done.report]).toEqual([1, '']);
  });

  test('v1: one call each, of different length', async () => {
    const [a, b] = [await asked('v1', 'collector', ['one']), await asked('v1', 'insight', ['two'])];
    expect([a.calls.length, b.calls.length]).toEqual([1, 1]);
    expect(a.calls[0]?.[1]).toContain('250 words');
    expect(b.calls[0]?.[1]).toContain('300 to 400 words');
  });
});
