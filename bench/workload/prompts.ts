/** What the agents ask a model. Pure: the same data gives the same prompt, whichever agent asks. */
import type { Analysis } from './parse-analysis.ts';

/** The analysis call of v2. */
export function analysisPrompt(dataSummary: string): string {
  return `You look at the results of performance measurements. This is what was found in their folder:

${dataSummary}

Write an analysis in plain Markdown:
1. "Summary": what there is and what can be learned from it, in three sentences.
2. "Key findings": one line each, beginning with "Finding:".
3. "Metrics": one line each as "name: number", for throughput, latency and speed, as far as they can be told.
4. "Recommendations": one line each, beginning with "Recommend:".`;
}

/** The report call of v2: the analysis goes in, six sections come out. */
export function reportPrompt(dataSummary: string, analysis: Analysis): string {
  return `Write a report in Markdown about performance measurements, for engineers. Use what follows and invent nothing.

Data:
${dataSummary}

Summary of the analysis:
${analysis.summary}

Findings:
${listed(analysis.key_findings)}

Recommendations so far:
${listed(analysis.recommendations)}

Write these six sections: Executive summary, Data ingestion, Performance, Findings, Recommendations, Appendix.`;
}

/** v1, agent A: an inventory. */
export function inventoryPrompt(dataSummary: string): string {
  return `Write an inventory of this folder of performance measurements: what each kind of file seems to hold and what is missing. At
most 250 words.

${dataSummary}`;
}

/** v1, agent B: longer than what agent A does, as in the original. */
export function insightPrompt(dataSummary: string): string {
  return `These performance measurements were taken on one machine with two agents:

${dataSummary}

Write 300 to 400 words in Markdown: a summary, three recommendations with their reasons, and a table of risks with the columns risk,
likelihood and what to do.`;
}

function listed(lines: readonly string[]): string {
  return lines.length === 0 ? '- none named' : lines.map((line) => `- ${line.replace(/^[-*]\s+/, '')}`).join('\n');
}
