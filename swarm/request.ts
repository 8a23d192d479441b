/**
 * What one asks of a swarm from outside: the schema for a route and a command line. Agents are named; who has them makes a plan of
 * it. What is out of scope is refused by its name.
 */
import { z } from 'zod';
import type { AgentSpec } from './agents.ts';
import { SwarmError } from './errors.ts';
import { complaints, MODE_NAMES } from './modes.ts';
import type { SwarmPlan } from './swarm.ts';

const CHARACTERS = 100_000;

const NOT_YET: Readonly<Record<string, string>> = {
  tools: 'tools are not supported yet',
  delegator: 'delegation to specialists is not supported yet',
  delegate: 'delegation to specialists is not supported yet',
  specialists: 'delegation to specialists is not supported yet',
  tournament: 'tournaments are not supported yet',
};

const agent = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'use the name of an agent');
/** Half a surrogate pair would reach the agents as another character. */
const text = z
  .string()
  .min(1)
  .max(CHARACTERS)
  .refine((value) => !/\p{Cs}/u.test(value), 'contains half a surrogate pair');

const fields = z.strictObject(
  {
    task: text.describe('what is to be done'),
    mode: z
      .enum(MODE_NAMES, { error: ({ input }) => `${refused([input])}use one of ${MODE_NAMES.join(', ')}` })
      .describe('how the agents work together'),
    agents: z.array(agent).min(1).max(100).describe('who works, by name'),
    synthesizer: agent.optional().describe('agent that makes one answer of several'),
    reviewer: agent.optional().describe('agent that judges the work'),
    judge: agent.optional().describe('agent that decides when a vote ends in a tie'),
    reducer: agent.optional().describe('agent that makes one result of all items'),
    isolated: z
      .boolean()
      .optional()
      .describe('each agent writes into a copy of the shared state, merged when it has ended'),
    items: z.array(text).min(1).max(1000).optional().describe('what the agents work on one by one'),
    maxConcurrent: z.int().min(1).max(100).optional().describe('items at a time; default: 5'),
    maxRounds: z.int().min(1).max(20).optional().describe('rounds of work and review at most; default: 3'),
    criteria: text.optional().describe('what the work is held against'),
    budgetTokens: z.int().min(1).optional().describe('no agent is asked any more once so many tokens are used'),
    budgetAgents: z.int().min(1).optional().describe('times that an agent is asked at most'),
  },
  {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' && Array.isArray(keys) && refused(keys) !== ''
        ? `${refused(keys)}leave out ${keys.join(', ')}`
        : undefined,
  },
);

/** `{task, mode, agents, …}`; what a mode does not take, and what it lacks, is an issue at its field. */
export const swarmRequestSchema = fields.superRefine((request, context) => {
  for (const { field, reason } of complaints(request.mode, request)) {
    context.addIssue({ code: 'custom', path: [field], message: reason });
  }
});

export type SwarmRequest = z.output<typeof swarmRequestSchema>;

/**
 * The plan of a request that was checked.
 * @param find the agent of a name
 * @throws SwarmError UnknownSpecialist that says all names that nobody has
 */
export function planOf(request: SwarmRequest, find: (name: string) => AgentSpec | undefined): SwarmPlan {
  const { agents, synthesizer, reviewer, judge, reducer, budgetTokens, budgetAgents, ...rest } = request;
  const missing = new Set<string>();
  const found = (name: string): AgentSpec[] => {
    const spec = find(name);
    if (spec === undefined) missing.add(name);
    return spec === undefined ? [] : [spec];
  };
  const one = (name: string | undefined): AgentSpec | undefined => (name === undefined ? undefined : found(name)[0]);
  const plan: SwarmPlan = {
    ...rest,
    agents: agents.flatMap(found),
    synthesizer: one(synthesizer),
    reviewer: one(reviewer),
    judge: one(judge),
    reducer: one(reducer),
    budget: { tokens: budgetTokens, agents: budgetAgents },
  };
  if (missing.size === 0) return plan;
  throw new SwarmError('UnknownSpecialist', `there is no agent named ${[...missing].join(', ')}`);
}

/** Why some of these are refused although they mean something, with what joins it to the rest of a sentence; else empty. */
function refused(names: readonly unknown[]): string {
  const reasons = names.flatMap((name) => {
    const known = typeof name === 'string' && Object.hasOwn(NOT_YET, name) ? NOT_YET[name] : undefined;
    return known === undefined ? [] : [known];
  });
  return reasons.length === 0 ? '' : `${[...new Set(reasons)].join(', ')}; `;
}
