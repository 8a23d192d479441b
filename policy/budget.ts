/** `budget`: ends a run in mid-stream when it, or its chat, has used up what it may. Holds nothing back. */
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import type { Spent } from './policy.ts';
import { cut } from './verdicts.ts';

const MOST = 1_000_000_000;

const limits = z
  .strictObject({
    tokens: z.int().min(1).max(MOST).optional().describe('of answers and reasoning; estimated while a turn streams'),
    seconds: z.number().positive().max(MOST).optional().describe('in which the model was asked'),
    turns: z.int().min(1).max(MOST).optional().describe('model calls'),
  })
  .refine((given) => Object.values(given).some((limit) => limit !== undefined), {
    error: 'give at least one of tokens, seconds, turns',
  });

const options = z
  .strictObject({
    run: limits.optional().describe('most for one run'),
    chat: limits.optional().describe('most for all runs of a chat'),
  })
  .refine(({ run, chat }) => run !== undefined || chat !== undefined, {
    error: 'give at least one limit, for example { run: { tokens: 2000 } }',
  });

type Limits = z.output<typeof limits>;

export const budget = definePolicy({
  name: 'budget',
  options,
  create: ({ run = {}, chat = {} }) => ({
    holdback: 0,
    onText({ spent }) {
      const reason = exceeded(run, spent.run, 'run') ?? exceeded(chat, spent.chat, 'chat');
      return reason === undefined ? undefined : cut(reason);
    },
  }),
});

/** The first limit that is exceeded, in words. */
function exceeded(most: Limits, { tokens, ms, turns }: Readonly<Spent>, of: string): string | undefined {
  const { tokens: mostTokens, seconds, turns: mostTurns } = most;
  if (mostTokens !== undefined && tokens > mostTokens) return words(mostTokens, 'tokens', of);
  if (seconds !== undefined && ms > seconds * 1000) return words(seconds, 'seconds', of);
  return mostTurns !== undefined && turns > mostTurns ? words(mostTurns, 'turns', of) : undefined;
}

function words(limit: number, unit: string, of: string): string {
  return `the budget of ${limit} ${unit} per ${of} is used up`;
}
