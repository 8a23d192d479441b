/** Withholds the whole answer until it is certain that it names a source. */
import { definePolicy, interject } from 'interject';

export default definePolicy({
  name: 'name-a-source',
  holdback: 'turn',
  onTurnEnd({ text, channel }) {
    if (channel === 'reasoning' || text.includes('Source:')) return undefined;
    return interject('Answer again, and end with a line "Source: …" that says where this is from.');
  },
});
