/**
 * review: the agents work at the same time, a reviewer judges all of it, and they work again with what it says, until it approves.
 * Approved is only what the reviewer's first line says in so many words.
 */
import { type AgentOutput, type AgentSpec, succeeded } from './agents.ts';
import { SwarmError } from './errors.ts';
import { headed, type ReviewRound, sideBySide } from './result.ts';
import type { Step, Steps } from './steps.ts';
import { synthesise } from './synthesis.ts';
import { needed, type Pattern } from './work.ts';

const ROUNDS = 3;
/** A verdict is shorter; the expression may take quadratic time in what is longer. */
const VERDICT_CHARACTERS = 200;

/** The word alone, or as a sentence of its own; "approved, if …" and "not approved" are not. */
const APPROVAL = /^[\s#>*_`"]*(?:verdict\s*:\s*)?[*_`"]*approved[*_`"]*\s*(?:[.!:]|$)/i;

export const review: Pattern = async (work, steps) => {
  const { task, agents, synthesizer, maxRounds = ROUNDS } = work;
  const reviewer = needed(work, 'reviewer');
  const rounds: ReviewRound[] = [];
  while (rounds.length < maxRounds) {
    const round = await playRound({ task, agents, reviewer, steps }, rounds);
    rounds.push(round);
    if (!round.approved) continue;
    const final_summary = await synthesise(steps, task, round.outputs, synthesizer);
    return { task, outputs: steps.outputs, final_summary, rounds };
  }
  const result = { task, outputs: steps.outputs, final_summary: sideBySide(rounds.at(-1)?.outputs ?? []), rounds };
  throw new SwarmError('MaxRoundsExceeded', `the reviewer approved none of ${maxRounds} rounds`, result);
};

interface Play {
  task: string;
  agents: readonly AgentSpec[];
  reviewer: AgentSpec;
  steps: Steps;
}

async function playRound(
  { task, agents, reviewer, steps }: Play,
  earlier: readonly ReviewRound[],
): Promise<ReviewRound> {
  const number = earlier.length + 1;
  const before = earlier.at(-1);
  const asked = agents.map((spec, place): Step => {
    return { id: `round${number}/${spec.name}`, spec, task: again(task, before?.outputs[place], before?.feedback) };
  });
  const outputs = await steps.together(asked);
  if (!outputs.some(succeeded)) throw new SwarmError('NoOutput', `no agent produced an answer in round ${number}`);
  const verdict = await steps.aside({ id: `review${number}`, spec: reviewer, task: question(task, outputs) });
  if (verdict.error !== undefined) {
    throw new SwarmError('AgentFailed', `the reviewer ${reviewer.name} failed in round ${number}: ${verdict.error}`);
  }
  return { outputs, approved: APPROVAL.test(firstLine(verdict.answer)), feedback: verdict.answer };
}

function again(task: string, previous: AgentOutput | undefined, feedback: string | undefined): string {
  if (feedback === undefined) return task;
  const own = previous !== undefined && succeeded(previous) ? `\n\nYour last answer was:\n${previous.answer}` : '';
  return `${task}${own}\n\nA reviewer says of the work so far:\n${feedback}\n\nAnswer the task again and heed that.`;
}

function question(task: string, outputs: readonly AgentOutput[]): string {
  return `Review work on this task:
${task}

The work:

${headed(outputs.filter(succeeded))}

Judge only whether it does the task well. Your first line is the one word APPROVED or REVISE. After REVISE say in short lines what must
be changed.`;
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]?.slice(0, VERDICT_CHARACTERS) ?? '';
}
