/** The two halves of a surrogate pair, and where well-formed text may be divided. */

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The nearest place at or before `offset` where well-formed `text` can be divided: one less inside a surrogate pair. */
export function boundaryAt(text: string, offset: number): number {
  return isLowSurrogate(text.charCodeAt(offset)) ? offset - 1 : offset;
}
