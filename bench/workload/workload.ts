/**
 * What an agent does in a run. v2: ingest, an analysis call, a report call, both agents alike. v1: one call, and agent B has more to
 * write than agent A, by design. A call that is invalid ends the work: what follows would be built on nothing.
 */
import type { WorkloadName } from '../choices.ts';
import { type DataSummary, ingest } from './ingest.ts';
import { type Analysis, parseAnalysis } from './parse-analysis.ts';
import { analysisPrompt, insightPrompt, inventoryPrompt, reportPrompt } from './prompts.ts';

/** Which of the two parts an agent has. Beyond two agents they take turns. */
export type Part = 'collector' | 'insight';

/** Makes one model call. Undefined: the call is invalid. */
export type Ask = (stage: string, prompt: string) => Promise<string | undefined>;

export interface Work {
  data: DataSummary;
  analysis: Analysis;
  /** Empty when there is none. */
  report: string;
  /** Seconds that the ingest took. */
  ingestSeconds: number;
}

/** Does the work. @throws Error the corpus cannot be read */
export async function work(name: WorkloadName, part: Part, corpus: string, ask: Ask): Promise<Work> {
  const startedAt = performance.now();
  const data = await ingest(corpus);
  const ingestSeconds = (performance.now() - startedAt) / 1000;
  const answers = await CALLS[name](part, data.text, ask);
  return { data, ingestSeconds, ...answers };
}

type Answers = Pick<Work, 'analysis' | 'report'>;

const CALLS: Record<WorkloadName, (part: Part, data: string, ask: Ask) => Promise<Answers>> = {
  async v2(_part, data, ask) {
    const answer = await ask('analysis', analysisPrompt(data));
    const analysis = parseAnalysis(answer ?? '');
    if (answer === undefined) return { analysis, report: '' };
    return { analysis, report: (await ask('report', reportPrompt(data, analysis))) ?? '' };
  },
  async v1(part, data, ask) {
    const prompt = part === 'collector' ? inventoryPrompt(data) : insightPrompt(data);
    const answer = (await ask('report', prompt)) ?? '';
    return { analysis: parseAnalysis(answer), report: answer };
  },
};
