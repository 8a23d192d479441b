/** Ends an answer that becomes too long. How long that is stands in the configuration: `options: { characters: 500 }`. */
import { cut, definePolicy, z } from 'interject';

export default definePolicy({
  name: 'short-answers',
  options: z.strictObject({ characters: z.int().min(1).default(2000) }),
  create: ({ characters }) => ({
    holdback: 0,
    onText({ text, channel }) {
      if (channel === 'reasoning' || text.length <= characters) return undefined;
      return cut(`the answer has more than ${characters} characters`, { from: characters });
    },
  }),
});
