/** Shows nothing of a promise of money until a person has approved it. */
import { definePolicy, pause } from 'interject';

export default definePolicy({
  name: 'ask-a-person',
  patterns: ['refund', 'compensation'],
  onText: ({ match, channel }) =>
    match === undefined || channel === 'reasoning' ? undefined : pause(`the answer promises a ${match.pattern}`),
});
