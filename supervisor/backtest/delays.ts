/** How long characters were held back: counts by whole milliseconds, and what they say. Pure. */

/** Milliseconds from a character's arrival to its release, over all characters that were shown. */
export interface Delays {
  characters: number;
  median: number;
  p99: number;
  max: number;
}

export class DelayCounts {
  readonly #characters = new Map<number, number>();

  /** `characters` that waited for `ms`. */
  add(ms: number, characters: number): void {
    this.#characters.set(ms, (this.#characters.get(ms) ?? 0) + characters);
  }

  summary(): Delays {
    const sorted = [...this.#characters].sort(([one], [other]) => one - other);
    const characters = sorted.reduce((sum, [, count]) => sum + count, 0);
    return {
      characters,
      median: quantile(sorted, characters * 0.5),
      p99: quantile(sorted, characters * 0.99),
      max: sorted.at(-1)?.[0] ?? 0,
    };
  }
}

function quantile(sorted: readonly (readonly [number, number])[], rank: number): number {
  let seen = 0;
  for (const [ms, count] of sorted) {
    seen += count;
    if (seen >= rank) return ms;
  }
  return 0;
}
