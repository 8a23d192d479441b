/** What a request is about, for the log: the agent, chat, run or swarm that its path, its query or its body names. Nothing else of it. */
import type { FastifyRequest } from 'fastify';

/** What `:id` is of, by the beginning of a route. */
const IDS: readonly [prefix: string, name: string][] = [
  ['/agents/', 'agent'],
  ['/runs/', 'run'],
  ['/swarms/', 'swarm'],
];
const NAMED = ['agent', 'chat', 'run', 'swarm'];
/** Longer is no name of ours. */
const LONGEST = 200;

/** Fields of a log line; absent where the request does not say. */
export function concernsOf({ routeOptions, params, query, body }: FastifyRequest): Record<string, string> {
  const url = routeOptions.url ?? '';
  const [, name] = IDS.find(([prefix]) => url.startsWith(prefix)) ?? [];
  const { id, agent } = record(params);
  // To programs that speak OpenAI's language agents are models.
  const model = url.startsWith('/v1/') ? record(body).model : undefined;
  const found: [string, unknown][] = [
    ...[query, body].flatMap((part) => Object.entries(record(part)).filter(([key]) => NAMED.includes(key))),
    ['agent', agent ?? model],
    ...(name === undefined ? [] : [[name, id] as [string, unknown]]),
  ];
  return Object.fromEntries(
    found.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= LONGEST),
  );
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
