/**
 * pipeline: each agent's answer is, word for word, what the next one is asked; the last answer is the result. A stage without an
 * answer is skipped: the next one gets what that one got. An agent may have several stages.
 */
import { succeeded } from './agents.ts';
import { SwarmError } from './errors.ts';
import type { Pattern } from './work.ts';

export const pipeline: Pattern = async ({ task, agents }, steps) => {
  let passed = task;
  for (const [index, spec] of agents.entries()) {
    const output = await steps.one({ id: `stage${index + 1}/${spec.name}`, spec, task: passed });
    if (succeeded(output)) passed = output.answer;
  }
  const { outputs } = steps;
  if (!outputs.some(succeeded)) throw new SwarmError('NoOutput', 'no stage of the pipeline produced an answer');
  return { task, outputs, final_summary: passed };
};
