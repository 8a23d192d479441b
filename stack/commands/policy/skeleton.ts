/** The policy that `policy new` writes: it works as it stands, and its comments say what else there is. */

/** `name`: a valid name of a policy. */
export function skeleton(name: string): string {
  return `/** What this policy objects to, and what it does then. */
import { definePolicy, interject } from 'interject';

export default definePolicy({
  name: '${name}',

  // Text that could still become one of these is held back until that is decided: nothing of them is ever shown.
  patterns: ['forbidden'],

  // Judges a user's message before the model is asked.
  onMessage({ content }) {
    if (!content.includes('forbidden')) return undefined; // allowed
    return interject('The message above contains a word that is not used here. Answer it without that word.');
  },

  // Judges an answer while it streams; \`match\` is where one of the patterns was found, \`text\` all that came so far.
  onText({ match }) {
    if (match === undefined) return undefined;
    return interject(\`Your answer was stopped because it contained "\${match.pattern}". Answer again without it.\`);
  },

  // Judges a finished answer. To have it withheld until then, replace \`patterns\` by: holdback: 'turn'
  // onTurnEnd: ({ text }) => (text.includes('Source:') ? undefined : interject('Name your source.')),

  // Other verdicts, to be imported from 'interject' too:
  //   redact(match.from, match.to, '***')  shows this in place of a part of the text, and goes on
  //   cut('reason')                        ends the run with the text so far
  //   block('reason')                      refuses: nothing more is shown
  //   pause('reason')                      waits for a person: see the page, or GET /approvals
  //   terminate('reason')                  refuses, and stops the agent
  // Options from the configuration, instead of the hooks above:
  //   options: z.strictObject({ words: z.array(z.string()) }),
  //   create: ({ words }) => ({ patterns: words, onText: … }),
});
`;
}
