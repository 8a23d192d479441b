/** How fast an offending answer is cut, and whether a reader ever saw any of it. */
import { join } from 'node:path';
import { openDatabase } from '../../supervisor/store/database.ts';
import { type AskedStack, askAgent } from './stream-client.ts';

export interface CutsResult {
  /** Milliseconds from the agent's reading of the offending delta until its connection to the model was closed. */
  cutMs: number[];
  /** Flagged characters that readers were shown. */
  flaggedShown: number;
}

const FLAGGED = 'ERROR';
const ANSWER = `Everything is as it should be, but then an ${FLAGGED} came up and this goes on for a while after it.`;

export async function measureCuts(stack: AskedStack & { folder: string }, count: number): Promise<CutsResult> {
  let flaggedShown = 0;
  for (let index = 0; index < count; index++) {
    const question = `say-coded: ${Buffer.from(ANSWER).toString('hex')}`;
    const { text } = await askAgent(stack, 'assistant', `cut ${index}`, question);
    flaggedShown += (text.split(FLAGGED).length - 1) * FLAGGED.length;
  }
  const database = openDatabase(join(stack.folder, 'interject.db'), { readonly: true });
  const rows = database.prepare('select cut_ms as ms from intervention where cut_ms is not null').all() as {
    ms: number;
  }[];
  database.close();
  return { cutMs: rows.map(({ ms }) => ms), flaggedShown };
}
