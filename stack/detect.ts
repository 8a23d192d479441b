/**
 * Finds the model server of a stack for which nobody named one, and asks named Ollamas which model to use. All places are asked at
 * once, with short time limits; the first in order that can be used is taken: `OLLAMA_HOST`, `OPENAI_BASE_URL`, llama-server where it
 * usually is, Ollama where it usually is. Nothing beyond this machine is asked because a variable names it.
 */
import { lookForOllama, type Place, type Seen } from './detect-servers.ts';
import { type DetectionStep, detectionSteps, type UsualPlaces } from './detect-steps.ts';
import type { StackPlan } from './plan.ts';
import type { BackendSearch, PlannedBackend } from './plan-backends.ts';

const USUAL_PLACES: UsualPlaces = {
  llamaServers: ['http://127.0.0.1:8000', 'http://127.0.0.1:8080'],
  ollamas: ['http://127.0.0.1:11434'],
  usualMs: 250,
  namedMs: 1000,
};

/** The plan with its model servers settled, and with remarks about what was looked for and not used. Never throws. */
export async function settleBackends(
  plan: StackPlan,
  environment: NodeJS.ProcessEnv = process.env,
  places: UsualPlaces = USUAL_PLACES,
): Promise<StackPlan> {
  if (plan.backendSearch !== undefined) return findBackend(plan, plan.backendSearch, environment, places);
  const asked = await Promise.all(plan.backends.map((backend) => askNamedOllama(backend, environment, places.namedMs)));
  const remarks = asked.flatMap(({ remark }) => remark ?? []);
  return { ...plan, backends: asked.map(({ backend }) => backend), remarks: [...(plan.remarks ?? []), ...remarks] };
}

async function findBackend(
  plan: StackPlan,
  search: BackendSearch,
  environment: NodeJS.ProcessEnv,
  places: UsualPlaces,
): Promise<StackPlan> {
  const decided = new AbortController();
  const remarks = [...(plan.remarks ?? [])];
  try {
    for (const step of detectionSteps(search, environment, places, decided.signal)) {
      const outcome = await follow(step, search);
      if (outcome.remark !== undefined) remarks.push(outcome.remark);
      if (outcome.backend !== undefined) return { ...plan, backends: [outcome.backend], remarks };
    }
  } finally {
    decided.abort();
  }
  const origin = `no model server was found at ${[...places.llamaServers, ...places.ollamas].map(hostOf).join(', ')}`;
  return { ...plan, backends: plan.backends.map((backend) => ({ ...backend, origin })), remarks };
}

interface Outcome {
  backend?: PlannedBackend;
  remark?: string;
}

async function follow(step: DetectionStep, search: BackendSearch): Promise<Outcome> {
  if ('ruledOut' in step) return { remark: step.ruledOut };
  const seen = await step.seen;
  const where = `${seen?.server ?? ''} at ${step.place.url}`;
  if (seen === undefined) return step.named ? { remark: nobodyThere(step.origin, step.place.url) } : {};
  const remark = seen.lacks === undefined ? {} : { remark: `${where} ${seen.lacks}` };
  // A model that was asked for by name can still be pulled; without one there is nothing to talk to.
  const isOfUse = seen.lacks === undefined || (seen.kind === 'ollama' && search.model !== undefined);
  return { ...remark, ...(isOfUse && { backend: foundBackend(step, seen, search) }) };
}

function nobodyThere(origin: string, url: string): string {
  return `${origin.replace('found: ', '')} names ${url}, where no model server answers: not used`;
}

function foundBackend(
  { origin, place }: { origin: string; place: Place },
  { kind, server, model, slots }: Seen,
  search: BackendSearch,
): PlannedBackend {
  const { url, apiKeyVariable } = place;
  const chosen = search.model ?? (kind === 'ollama' ? model : undefined);
  return {
    name: server === 'openai-compatible' ? 'openai' : server,
    kind,
    url,
    ...(apiKeyVariable !== undefined && { apiKeyVariable }),
    ...(chosen !== undefined && { model: chosen }),
    ...(search.slots !== undefined && { slots: search.slots }),
    simulator: false,
    origin,
    seen: { server, ...(model !== undefined && { model }), ...(slots !== undefined && { slots }) },
  };
}

/** Which model a named Ollama is to use when nobody said; one that does not answer yet is left to be asked later. */
async function askNamedOllama(
  backend: PlannedBackend,
  environment: NodeJS.ProcessEnv,
  milliseconds: number,
): Promise<{ backend: PlannedBackend; remark?: string }> {
  if (backend.kind !== 'ollama') return { backend };
  const { name, url, apiKeyVariable, model } = backend;
  const seen = await lookForOllama({ url, apiKeyVariable, environment }, model, AbortSignal.timeout(milliseconds));
  if (seen === undefined) return { backend, remark: `${name}: no Ollama answers at ${url} yet; messages wait for it` };
  const chosen = seen.model === undefined ? backend : { ...backend, model: seen.model };
  return seen.lacks === undefined
    ? { backend: chosen }
    : { backend: chosen, remark: `${name}: ollama at ${url} ${seen.lacks}` };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
