/** Finds the known name that a misspelt one was probably meant to be. */

/** The known name with the fewest edits from `name`, if that is at most a third of its length (two at least). */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, edits: edits(name.toLowerCase(), candidate.toLowerCase()) }));
  const nearest = ranked.sort((a, b) => a.edits - b.edits)[0];
  const tolerated = Math.max(2, Math.floor(name.length / 3));
  return nearest !== undefined && nearest.edits <= tolerated ? nearest.candidate : undefined;
}

/** Levenshtein distance, one row at a time. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) row = nextRow(row, line, from.charCodeAt(line - 1), to);
  return row.at(-1) ?? 0;
}

function nextRow(above: readonly number[], line: number, unit: number, to: string): number[] {
  const row = [line];
  for (let column = 1; column <= to.length; column++) {
    const replaced = (above[column - 1] ?? 0) + (to.charCodeAt(column - 1) === unit ? 0 : 1);
    row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
  }
  return row;
}
