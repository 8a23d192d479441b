/**
 * Which server each agent asks: the two that were named, or the usual two. When one is down, both ask the other, or only its own agent works
 * (guide, checklist: "fallback to single-agent if needed"); two simulators when nobody named any and none is there. What was done instead of
 * what was asked for is said, and stands in the files.
 */

import { Failure } from '../../stack/failure.ts';
import type { FallbackName } from '../choices.ts';
import { lookAtServer, type ServerFacts } from './look.ts';
import { startSimulators } from './simulators.ts';

/** The guide's recommended pattern: two instances. */
const USUAL_URLS = ['http://127.0.0.1:11434', 'http://127.0.0.1:11435'] as const;

export interface ServerWish {
  /** Of agent A and agent B; undefined: the usual one. */
  collectorUrl: string | undefined;
  insightUrl: string | undefined;
  /** Models that will be asked for, at least one. */
  models: readonly string[];
  /** What to do when one of two is down. */
  fallback: FallbackName;
  /** Fail instead of doing with less. */
  strict: boolean;
}

export interface ChosenServers {
  /** Of agent A and agent B. */
  facts: readonly [ServerFacts, ServerFacts];
  /** Two were wanted and one is down. */
  fallback: 'one_server' | 'one_agent' | undefined;
  /** The agent that does not work, with `one_agent`. */
  missingAgent?: 'a' | 'b';
  simulated: boolean;
  warnings: string[];
  close(): Promise<void>;
}

const NOTHING_TO_CLOSE = async (): Promise<void> => {};

/** @throws Failure no server answers where one was named, or with `strict` one of two does not */
export async function chooseServers(wish: ServerWish, signal: AbortSignal): Promise<ChosenServers> {
  const urls = [wish.collectorUrl ?? USUAL_URLS[0], wish.insightUrl ?? USUAL_URLS[1]] as const;
  const model = wish.models[0] ?? '';
  const seen = await Promise.all(urls.map((url) => lookAtServer(url, model, signal)));
  const [first, second] = seen;
  if (first !== undefined && second !== undefined) {
    const warnings = [first, second].flatMap((facts) => missingModel(facts, model));
    return { facts: [first, second], fallback: undefined, simulated: false, warnings, close: NOTHING_TO_CLOSE };
  }
  const up = first ?? second;
  if (up === undefined) return noServer(wish, urls, signal);
  const missingAgent = first === undefined ? 'a' : 'b';
  const down = first === undefined ? urls[0] : urls[1];
  if (wish.strict) throw new Failure(`No model server answers at ${down}, and --strict asks for both.`);
  const chosen = doWithOne(wish.fallback, up, down, missingAgent);
  return { ...chosen, warnings: [...chosen.warnings, ...missingModel(up, model)] };
}

/** A warning where a server says that it has no such model. */
export function missingModel({ hasModel, url }: ServerFacts, model: string): string[] {
  return hasModel === false ? [`${url} does not have the model ${model}: calls that ask it for that are invalid`] : [];
}

function doWithOne(wished: FallbackName, up: ServerFacts, down: string, missingAgent: 'a' | 'b'): ChosenServers {
  const common = { facts: [up, up] as const, simulated: false, close: NOTHING_TO_CLOSE };
  const isOneAgent = wished === 'agent' || (wished === 'auto' && up.slots === 1);
  if (!isOneAgent) {
    const warning = `no model server answers at ${down}: both agents ask ${up.url}, so that this is no comparison of two servers`;
    return { ...common, fallback: 'one_server', warnings: [warning] };
  }
  const agent = missingAgent === 'a' ? 'B' : 'A';
  const why = wished === 'agent' ? '' : ', which works on one request at a time';
  const warning = `no model server answers at ${down}: only agent ${agent} works, at ${up.url}${why}; there is no efficiency, no speed-up and no comparison (both agents on one server: --fallback server)`;
  return { ...common, fallback: 'one_agent', missingAgent, warnings: [warning] };
}

async function noServer(wish: ServerWish, urls: readonly string[], signal: AbortSignal): Promise<ChosenServers> {
  const isNamed = wish.collectorUrl !== undefined || wish.insightUrl !== undefined;
  const places = [...new Set(urls)].join(' or ');
  if (isNamed || wish.strict) {
    throw new Failure(`No model server answers at ${places}. Start one, or leave the URLs out to try the simulator.`);
  }
  const simulators = await startSimulators(2, { models: wish.models });
  const facts = await Promise.all(simulators.urls.map((url) => lookAtServer(url, wish.models[0] ?? '', signal)));
  const [first, second] = facts;
  if (first === undefined || second === undefined) {
    await simulators.close();
    throw new Failure('The simulators do not answer.');
  }
  const warning = `no model server answers at ${places}: two simulators take their place; the figures are of the benchmark itself, not of a model`;
  return { facts: [first, second], fallback: undefined, simulated: true, warnings: [warning], close: simulators.close };
}
