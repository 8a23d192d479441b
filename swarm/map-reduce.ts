/** map-reduce: items are dealt to the agents in turn, so many at a time; a reducer makes one answer of what came of them. */
import { type AgentOutput, succeeded } from './agents.ts';
import { SwarmError } from './errors.ts';
import { headed } from './result.ts';
import type { Step } from './steps.ts';
import { needed, type Pattern } from './work.ts';

const CONCURRENT = 5;

export const mapReduce: Pattern = async (work, steps) => {
  const { task, agents, maxConcurrent = CONCURRENT } = work;
  const [items, reducer] = [needed(work, 'items'), needed(work, 'reducer')];
  const asked = items.flatMap((item, place): Step[] => {
    const spec = agents[place % agents.length];
    const title = `Item ${place + 1} of ${items.length}`;
    return spec === undefined
      ? []
      : [{ id: `map${place + 1}/${spec.name}`, spec, task: `${task}\n\n${title}:\n${item}` }];
  });
  const outputs = await steps.together(asked, { atMost: maxConcurrent });
  if (!outputs.some(succeeded)) throw new SwarmError('NoOutput', 'no item has an answer');
  const results = byItem(outputs);
  const reduced = await steps.optional({ id: 'reduce', spec: reducer, task: question(task, results) });
  const failed = reduced === undefined || reduced.error !== undefined;
  return { task, outputs, final_summary: failed ? results : reduced.answer };
};

/** Each item's answer under its number; one that failed says so, so that nobody takes the rest for all. */
function byItem(outputs: readonly AgentOutput[]): string {
  const sections = outputs.map((output, place) => {
    const answer = succeeded(output) ? output.answer : `(no answer: ${output.error ?? 'it was empty'})`;
    return { name: `Item ${place + 1}`, answer };
  });
  return headed(sections);
}

function question(task: string, results: string): string {
  return `Task, which was done for each item by itself:
${task}

Results:

${results}

Make one result of these for all items together. Say which items have no answer, if there are any.`;
}
