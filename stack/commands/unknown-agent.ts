/** What a person is told who names an agent that there is not. */
import { nearestName } from '../../policy/nearest-name.ts';
import { type Failure, usageFailure } from '../failure.ts';

/** @param known the agents of the stack */
export function unknownAgent(name: string, known: readonly string[]): Failure {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return usageFailure(`There is no agent "${name}". The agents of this stack are: ${known.join(', ')}.${hint}`);
}
