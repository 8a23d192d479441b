/** What the tests of reviews share. */
import type { ScriptedModel } from '../../agent/scripted-model.ts';
import type { RunningStack, SeenEvent } from '../running-stack.ts';

/** A policy that reviews with this body; `turn` is what it is given. */
export function reviewer(body: string, more = '', name = 'reviewer'): string {
  return `{ name: ${JSON.stringify(name)}, ${more} async review(turn) { ${body} } }`;
}

/** Asks the backend `judge`, and objects to answers that it says "no" to. */
export const ASKS = `const { text } = await turn.ask({ backend: 'judge', messages: [{ role: 'user', content: 'judge: ' + turn.text }] });
  return text === 'no' ? { action: 'interject', text: 'say: better' } : undefined;`;

/** Answers the next call whole. */
export async function answer(model: ScriptedModel, text: string) {
  const call = await model.call();
  call.say(text);
  call.finish();
  return call;
}

/** What went wrong with a policy the last time, as only the person who runs the stack is told. */
export function lastFailure({ supervisor }: RunningStack, policy = 'reviewer'): string | undefined {
  return supervisor.policies().find(({ name }) => name === policy)?.lastFailure;
}

/** The state of every `review` event of a run so far. */
export function reviewStates(events: readonly SeenEvent[]): unknown[] {
  return events.filter(({ type }) => type === 'review').map(({ policy, state }) => `${policy} ${state}`);
}

/** Resolves when a policy has begun to review a run. */
export function underReview(stack: RunningStack, run: string, after = 0): Promise<SeenEvent[]> {
  return stack.eventsUntil({ run }, (event) => event.type === 'review' && event.state === 'started', after);
}
