/** Has an answer that begins to apologise written again. */
import { definePolicy, interject } from 'interject';

export default definePolicy({
  name: 'no-apologies',
  patterns: ['I apologize', 'I apologise', "I'm sorry", 'I am sorry'],
  onText: ({ match }) => (match === undefined ? undefined : interject('Answer again, without an apology.')),
});
