/** debate: all answer; then each, also one that failed, criticises the others' answers and answers better. The same task twice. */
import { type AgentOutput, type AgentSpec, succeeded } from './agents.ts';
import { cutBytes } from './cut-bytes.ts';
import { SwarmError } from './errors.ts';
import { synthesise } from './synthesis.ts';
import type { Pattern } from './work.ts';

const ANSWER_BYTES = 300;
const CRITIC = '_critique';

export const debate: Pattern = async ({ task, agents, synthesizer }, steps) => {
  const critics = new Set(agents.map(({ name }) => `${name}${CRITIC}`));
  const taken = agents.find(({ name }) => critics.has(name));
  if (taken) throw new SwarmError('InvalidSwarm', `agents: ${taken.name} is what another one is called as a critic`);
  const first = await steps.together(agents.map((spec) => ({ id: `round1/${spec.name}`, spec, task })));
  const answers = first.filter(succeeded);
  await steps.together(
    agents.map((spec) => ({ id: `critique/${spec.name}`, spec: critic(spec, task, answers), task })),
  );
  const { outputs } = steps;
  return { task, outputs, final_summary: await synthesise(steps, task, outputs, synthesizer) };
};

/** The agent with the other agents' answers in its system prompt, as `<name>_critique`. */
function critic(spec: AgentSpec, task: string, answers: readonly AgentOutput[]): AgentSpec {
  const others = answers.filter(({ name }) => name !== spec.name);
  const lines = others.map(({ name, answer }) => `- ${name}: ${cutBytes(answer, ANSWER_BYTES)}`);
  const system_prompt = `${spec.system_prompt}

The original task was:
${task}

Other agents answered:
${lines.length > 0 ? lines.join('\n') : '(none of them has an answer)'}

Criticise these answers: name what is wrong, missing or weak in them. Then give a better answer of your own.`;
  return { ...spec, name: `${spec.name}${CRITIC}`, system_prompt: system_prompt.trimStart() };
}
