/** What comes out of a swarm. JSON, with the field names that leave the product. */
import { type AgentOutput, succeeded } from './agents.ts';

export interface SwarmResult {
  task: string;
  /** Of the agents that worked, in the order of the specs, stage after stage; without synthesizer, reviewer, judge, reducer. */
  outputs: readonly AgentOutput[];
  final_summary: string;
  /** review: each round with what the reviewer said of it. */
  rounds?: readonly ReviewRound[];
  /** vote: how it went. */
  vote?: Vote;
  /** adversarial: one for each agent. */
  reviews?: readonly WorkReview[];
}

export interface ReviewRound {
  outputs: readonly AgentOutput[];
  approved: boolean;
  feedback: string;
}

export interface Vote {
  /** Answers that were given, most votes first; among equals the one given first in the order of the specs. */
  candidates: readonly { answer: string; agents: readonly string[] }[];
  /** Votes for the winner through all votes, 0 to 1. */
  agreement: number;
  /** `order`: a tie that no judge decided; the first candidate wins. */
  decided_by: 'majority' | 'judge' | 'order';
}

interface Finding {
  severity: 'critical' | 'major' | 'minor';
  finding: string;
}

export interface WorkReview {
  agent: string;
  /** `inconclusive`: no work, no review, or one that cannot be read; never a pass. */
  verdict: 'pass' | 'fail' | 'inconclusive';
  findings: readonly Finding[];
  /** Why it is inconclusive. */
  reason?: string;
}

const NO_ANSWER = '[no agent produced an answer]';

/** The answers side by side, without asking anybody: none → a fixed text; one → it, verbatim; more → each under its name. */
export function sideBySide(outputs: readonly AgentOutput[]): string {
  const answers = outputs.filter(succeeded);
  if (answers.length === 0) return NO_ANSWER;
  const only = answers.length === 1 ? answers[0] : undefined;
  return only?.answer ?? headed(answers);
}

/** `## name` headings with the answers, joined by a blank line. */
export function headed(answers: readonly Pick<AgentOutput, 'name' | 'answer'>[]): string {
  return answers.map(({ name, answer }) => `## ${name}\n${answer}`).join('\n\n');
}
