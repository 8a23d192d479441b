/** sequential: one agent after another; each later one gets what the earlier ones found. Goes on after an error. */
import { succeeded } from './agents.ts';
import { cutBytes } from './cut-bytes.ts';
import { synthesise } from './synthesis.ts';
import type { Pattern } from './work.ts';

const FINDING_BYTES = 300;

export const sequential: Pattern = async ({ task, agents, synthesizer }, steps) => {
  const findings: string[] = [];
  for (const spec of agents) {
    const output = await steps.one({ id: `agent/${spec.name}`, spec, task: withFindings(task, findings) });
    if (succeeded(output)) findings.push(`- ${output.name}: ${cutBytes(output.answer, FINDING_BYTES)}`);
  }
  const { outputs } = steps;
  return { task, outputs, final_summary: await synthesise(steps, task, outputs, synthesizer) };
};

/** Without findings it is the task alone: a heading over nothing makes models wonder what is missing. */
function withFindings(task: string, findings: readonly string[]): string {
  return findings.length === 0 ? task : `${task}\n\nPrior agents' findings:\n${findings.join('\n')}`;
}
