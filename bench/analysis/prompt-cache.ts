/** In how many calls a server still had the prompt of an earlier call: it then measures no reading of prompts, or only in some parts. */
import { median } from 'simple-statistics';
import type { Part } from './parts.ts';
import { known } from './rows.ts';

export interface PromptCache {
  /** Valid calls of which the server said it. */
  calls: number;
  /** Those of which it had more than half of the prompt. */
  cached: number;
  /** Medians, ms, of reading the prompt; undefined: there is no such call. */
  cachedMs: number | undefined;
  uncachedMs: number | undefined;
}

/** Undefined: no server said it. */
export function promptCache(parts: readonly Part[]): PromptCache | undefined {
  const calls = parts.filter(({ valid }) => valid).flatMap((part) => part.calls);
  const told = known(calls.map(({ metrics }) => metrics)).filter(
    ({ cached_prompt_tokens: cached, prompt_tokens: all }) => cached !== undefined && all !== undefined,
  );
  if (told.length === 0) return undefined;
  const isCached = ({ cached_prompt_tokens: cached = 0, prompt_tokens: all = 0 }: (typeof told)[number]): boolean =>
    cached > all / 2;
  const read = (which: typeof told): number | undefined => {
    const times = known(which.map(({ prompt_eval_duration_ms: ms }) => ms));
    return times.length === 0 ? undefined : median(times);
  };
  const cached = told.filter(isCached);
  const uncached = told.filter((one) => !isCached(one));
  return { calls: told.length, cached: cached.length, cachedMs: read(cached), uncachedMs: read(uncached) };
}
