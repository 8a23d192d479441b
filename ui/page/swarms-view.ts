/** The swarms: who ran when, and what each answered. */
import type { SwarmStepView, SwarmSummary, SwarmView } from '../../supervisor/service.ts';
import { type CardWords, part } from './card-list.ts';
import { describeStep, describeSwarm, describeSwarms } from './words.ts';

export const SWARMS: CardWords<SwarmSummary, SwarmView> = {
  heading: describeSwarms,
  id: ({ swarm }) => swarm,
  line: describeSwarm,
  state: ({ state }) => state,
  contents({ task, steps, result, error, state }) {
    const end = error === undefined ? result?.final_summary : error.message;
    return [
      part('Task', task),
      ...steps.map(stepPart),
      ...(end === undefined ? [] : [part(state === 'failed' ? 'Failed' : 'Result', end)]),
    ];
  },
};

function stepPart(step: SwarmStepView): HTMLElement {
  const made = part(describeStep(step), step.error ?? step.answer ?? '');
  made.dataset.failed = String(step.error !== undefined);
  return made;
}
