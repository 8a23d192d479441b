/** vote: all answer independently; the answer that most give wins. A tie goes to a judge; without its decision to the first. */
import { type AgentOutput, type AgentSpec, succeeded } from './agents.ts';
import { SwarmError } from './errors.ts';
import type { Vote } from './result.ts';
import type { Steps } from './steps.ts';
import { ballotAnswer, chosenPlace, normalised } from './vote-ballot.ts';
import type { Pattern } from './work.ts';

type Candidate = { answer: string; agents: string[] };

const ASKED = 'End with one line that says nothing but your final answer, as short as it can be, like this: ANSWER: 42';

export const vote: Pattern = async ({ task, agents, judge }, steps) => {
  const asked = agents.map((spec) => ({ id: `vote/${spec.name}`, spec, task: `${task}\n\n${ASKED}` }));
  const outputs = await steps.together(asked);
  const candidates = count(outputs.filter(succeeded));
  const [first] = candidates;
  if (first === undefined) throw new SwarmError('NoOutput', 'nobody voted');
  const tied = candidates.filter((candidate) => candidate.agents.length === first.agents.length);
  const chosen = tied.length > 1 ? await judged(steps, task, tied, judge) : first;
  const winner = chosen ?? first;
  const votes = candidates.reduce((sum, candidate) => sum + candidate.agents.length, 0);
  const decided_by: Vote['decided_by'] = tied.length === 1 ? 'majority' : chosen === undefined ? 'order' : 'judge';
  const counted = { candidates, agreement: winner.agents.length / votes, decided_by };
  return { task, outputs, final_summary: winner.answer, vote: counted };
};

/** Most votes first; sorting keeps the order of equals. */
function count(outputs: readonly AgentOutput[]): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const { name, answer: whole } of outputs) {
    const answer = ballotAnswer(whole);
    const same = candidates.get(normalised(answer));
    if (same === undefined) candidates.set(normalised(answer), { answer, agents: [name] });
    else same.agents.push(name);
  }
  return [...candidates.values()].sort((one, other) => other.agents.length - one.agents.length);
}

/** The candidate that the judge names; undefined when there is no judge, or no clear word of it. */
async function judged(
  steps: Steps,
  task: string,
  tied: readonly Candidate[],
  judge: AgentSpec | undefined,
): Promise<Candidate | undefined> {
  if (judge === undefined) return undefined;
  const said = await steps.optional({ id: 'judge', spec: judge, task: question(task, tied) });
  if (said === undefined || !succeeded(said)) return undefined;
  const answers = tied.map(({ answer }) => answer);
  return tied[chosenPlace(said.answer, answers) ?? -1];
}

function question(task: string, tied: readonly Candidate[]): string {
  const list = tied.map(({ answer }, place) => `CHOICE ${place + 1}:\n${answer}`).join('\n\n');
  return `Task:
${task}

A vote on its answer ended in a tie between these:

${list}

Decide which one is right. Answer with one line and nothing else, like this: CHOICE 1`;
}
