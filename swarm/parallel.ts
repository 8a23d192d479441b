/** parallel: all agents at once on the same task. */
import { synthesise } from './synthesis.ts';
import type { Pattern } from './work.ts';

export const parallel: Pattern = async ({ task, agents, synthesizer, isolated }, steps) => {
  const asked = agents.map((spec) => ({ id: `agent/${spec.name}`, spec, task }));
  const outputs = await steps.together(asked, { isolated });
  return { task, outputs, final_summary: await synthesise(steps, task, outputs, synthesizer) };
};
