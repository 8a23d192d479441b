/** Reads the answer to the analysis call: what a model wrote freely, taken apart by simple rules. Pure. */

export interface Analysis {
  summary: string;
  /** Lines that name a finding or an insight. */
  key_findings: string[];
  /** Lines that recommend or suggest something. */
  recommendations: string[];
  /** Numbers that stand behind a word for speed or latency. */
  performance_metrics: Record<string, number>;
  raw_response: string;
}

const MOST_LINES = 10;
const FIRST_LINES = 5;
const HEADING = /^\s*(?:#{1,6}\s*|\*\*)?\s*(?:\d+[.)]\s*)?([A-Za-z][A-Za-z ]*?)\s*(?:\*\*)?:?\s*(?:\*\*)?\s*$/;
const SUMMARY_HEADING = /summary/i;
const FINDING = /finding|insight/i;
const RECOMMENDATION = /recommend|suggest/i;
const MEASURE = /([A-Za-z][\w /-]*?)\s*(?:\*\*)?\s*[:=]\s*(?:\*\*)?\s*(-?\d+(?:\.\d+)?)/g;
const MEASURE_NAME = /tok|throughput|latency|ttft|speed/i;

/** What the answer says; empty where it says nothing. */
export function parseAnalysis(answer: string): Analysis {
  const lines = answer
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return {
    summary: summaryOf(lines),
    key_findings: lines.filter((line) => FINDING.test(line)).slice(0, MOST_LINES),
    recommendations: lines.filter((line) => RECOMMENDATION.test(line)).slice(0, MOST_LINES),
    performance_metrics: metricsOf(answer),
    raw_response: answer,
  };
}

/** What stands below the heading of a summary; without one, or with nothing below it, the first five lines. */
function summaryOf(lines: readonly string[]): string {
  const heading = lines.findIndex((line) => HEADING.test(line) && SUMMARY_HEADING.test(line));
  const rest = heading === -1 ? [] : lines.slice(heading + 1);
  const next = rest.findIndex((line) => HEADING.test(line));
  const section = next === -1 ? rest : rest.slice(0, next);
  return (section.length > 0 ? section : lines.slice(0, FIRST_LINES)).join('\n');
}

function metricsOf(answer: string): Record<string, number> {
  const found = Array.from(answer.matchAll(MEASURE), ([, name = '', number]) => [name.trim(), Number(number)] as const);
  return Object.fromEntries(found.filter(([name]) => MEASURE_NAME.test(name)));
}
