/** Where a model server is looked for when nobody named one, in order: what variables name on this machine, then the usual places. */
import { lookForAnyServer, lookForLlamaServer, lookForOllama, type Place, type Seen } from './detect-servers.ts';
import { messageOf } from './failure.ts';
import { readOllamaHost } from './ollama-address.ts';
import { modelServer } from './option-kinds.ts';
import type { BackendSearch } from './plan-backends.ts';
import { isThisMachine } from './this-machine.ts';

/** Addresses that are asked though nobody named them, and how long a server gets for all questions, in milliseconds. */
export interface UsualPlaces {
  llamaServers: readonly string[];
  ollamas: readonly string[];
  /** In a usual place, which may hold anything. */
  usualMs: number;
  /** Where somebody said that there is one. */
  namedMs: number;
}

/** One place in the order: looked at, or ruled out with the reason. */
export type DetectionStep =
  | { origin: string; place: Place; seen: Promise<Seen | undefined>; named: boolean }
  | { ruledOut: string };

type Look = (place: Place) => Promise<Seen | undefined>;

/** All steps in order. Every look has begun and ends with the signal; what is not looked at says why. */
export function detectionSteps(
  { model }: BackendSearch,
  environment: NodeJS.ProcessEnv,
  { llamaServers, ollamas, usualMs, namedMs }: UsualPlaces,
  signal: AbortSignal,
): DetectionStep[] {
  const within = (milliseconds: number) => AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  const usual = (url: string, look: Look): DetectionStep => {
    const place = { url, environment };
    return { origin: 'found there', place, seen: look(place), named: false };
  };
  const variables = [
    fromOllamaHost(environment, (place) => lookForOllama(place, model, within(namedMs))),
    fromOpenAIBaseUrl(environment, (place) => lookForAnyServer(place, model, within(namedMs))),
  ].flatMap((step) => step ?? []);
  const seenAlready = variables.flatMap((step) => ('place' in step ? step.place.url : []));
  const isNew = (url: string): boolean => !seenAlready.includes(url);
  return [
    ...variables,
    ...llamaServers.filter(isNew).map((url) => usual(url, (place) => lookForLlamaServer(place, within(usualMs)))),
    ...ollamas.filter(isNew).map((url) => usual(url, (place) => lookForOllama(place, model, within(usualMs)))),
  ];
}

function fromOllamaHost(environment: NodeJS.ProcessEnv, look: Look): DetectionStep | undefined {
  const { OLLAMA_HOST = '' } = environment;
  if (OLLAMA_HOST.trim() === '') return undefined;
  const url = readOllamaHost(OLLAMA_HOST);
  if (url === undefined) return { ruledOut: 'OLLAMA_HOST is not an address: not used' };
  const how = url.startsWith('https:')
    ? `a backend of kind ollama with this url in agents.config.ts`
    : `--backend ${url.replace(/^http:/, 'ollama:')}`;
  return named('OLLAMA_HOST', { url, environment }, how, look);
}

function fromOpenAIBaseUrl(environment: NodeJS.ProcessEnv, look: Look): DetectionStep | undefined {
  const { OPENAI_BASE_URL = '' } = environment;
  if (OPENAI_BASE_URL.trim() === '') return undefined;
  try {
    const url = modelServer('URL').read(OPENAI_BASE_URL);
    if (!/^https?:/.test(url)) return { ruledOut: 'OPENAI_BASE_URL is not an HTTP address: not used' };
    return named('OPENAI_BASE_URL', { url, apiKeyVariable: 'OPENAI_API_KEY', environment }, `--backend ${url}`, look);
  } catch (error) {
    return { ruledOut: `OPENAI_BASE_URL: ${messageOf(error)}: not used` };
  }
}

function named(variable: string, place: Place, how: string, look: Look): DetectionStep {
  const { hostname } = new URL(place.url);
  if (isThisMachine(hostname)) return { origin: `found: ${variable}`, place, seen: look(place), named: true };
  return {
    ruledOut: `${variable} names ${hostname}, which is not on this machine: not used; name it with ${how} to use it`,
  };
}
