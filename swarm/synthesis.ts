/** One answer made of several. */
import { type AgentOutput, type AgentSpec, succeeded } from './agents.ts';
import { cutBytes } from './cut-bytes.ts';
import { headed, sideBySide } from './result.ts';
import type { Steps } from './steps.ts';

const ANSWER_BYTES = 500;

/**
 * No answer: a fixed text. One: it, verbatim. More: what the synthesizer returns, even when that is empty; without one, when it
 * fails, or when the budget does not allow it: the answers under their names.
 */
export async function synthesise(
  steps: Steps,
  task: string,
  outputs: readonly AgentOutput[],
  synthesizer: AgentSpec | undefined,
): Promise<string> {
  const answers = outputs.filter(succeeded);
  if (answers.length < 2 || synthesizer === undefined) return sideBySide(answers);
  const said = await steps.optional({ id: 'synthesis', spec: synthesizer, task: question(task, answers) });
  return said === undefined || said.error !== undefined ? sideBySide(answers) : said.answer;
}

function question(task: string, answers: readonly AgentOutput[]): string {
  const cut = answers.map(({ name, answer }) => ({ name, answer: cutBytes(answer, ANSWER_BYTES) }));
  return `Task:
${task}

What the agents answered:

${headed(cut)}

Make one answer to the task of these. Where they disagree, decide and say why. Do not speak of the agents.`;
}
