/** A small hash (FNV-1a, 32 bits): what makes answers, ids and token numbers the same in every run. Not for secrets. */

/** A whole number from 0 to 2^32 - 1. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** One of several, chosen by the hash of a text. */
export function pick<T>(choices: readonly [T, ...T[]], by: string): T {
  return choices[hashOf(by) % choices.length] ?? choices[0];
}
