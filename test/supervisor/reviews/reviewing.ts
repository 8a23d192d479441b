/** What the tests of reviews share: policies whose `review` a test decides by what stands in the answer, and a judge that is scripted. */

/** A policy that reviews with this body; `turn` is what it is given. */
export function reviewer(body: string, more = '', name = 'reviewer'): string {
  return `{ name: ${JSON.stringify(name)}, ${more} async review(turn) { ${body} } }`;
}

/** Asks the backend `judge` and objects to answers that it says "no" to. */
export const ASKING = `const { text } = await turn.ask({ backend: 'judge', messages: [{ role: 'user', content: 'judge: ' + turn.text }] });
  return text === 'no' ? { action: 'interject', text: 'Not "that".' } : undefined;`;
