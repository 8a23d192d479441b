/** Finds where the last lines of a large file begin, by reading it from its end; it holds a block and a line at a time. */
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 256 * 1024;
/** What is longer counts as several lines; bytes. */
export const LONGEST_LINE = 16 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Offset in bytes of the first of the last `count` lines that are wanted, or of all that are, in what the file holds before `end`; that of
 * the last line when none is. What stands behind the last newline counts as a line.
 */
export async function startOfLast(
  file: FileHandle,
  end: number,
  count: number,
  isWanted: (line: Buffer) => boolean,
): Promise<number> {
  if (count === 0) return end;
  let found = 0;
  let start = end;
  for await (const lines of linesFromEnd(file, end)) {
    for (const { at, line } of lines) {
      const isOne = isWanted(line);
      if (isOne || start === end) start = at;
      if (isOne && ++found === count) return start;
    }
  }
  return start;
}

interface PlacedLine {
  /** Offset in bytes of its beginning. */
  at: number;
  line: Buffer;
}

/** All lines, the last one first, block by block. */
async function* linesFromEnd(file: FileHandle, end: number): AsyncGenerator<PlacedLine[]> {
  /** Parts of a line whose beginning was not read yet, in their order. */
  let rest: Buffer[] = [];
  for (let from = end; from > 0; ) {
    const block = await blockBefore(file, from);
    from -= block.length;
    const whole: PlacedLine[] = [];
    for (const { at, line, isWhole } of linesBackwards(block, rest)) {
      rest = isWhole ? [] : [line];
      if (isWhole) whole.push({ at: from + at, line });
    }
    yield whole;
  }
  yield rest.map((line) => ({ at: 0, line }));
}

/** The lines of a block, the last one first, which goes on with `rest`. The first one may begin before the block: it is not whole. */
function* linesBackwards(
  block: Buffer,
  rest: readonly Buffer[],
): Generator<{ at: number; line: Buffer; isWhole: boolean }> {
  let behind = block.length;
  let after = rest;
  const upTo = (from: number): Buffer => {
    const line = block.subarray(from, behind);
    return after.length === 0 ? line : Buffer.concat([line, ...after]);
  };
  for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
    yield { at: at + 1, line: upTo(at + 1), isWhole: true };
    after = [];
    behind = at;
  }
  const line = upTo(0);
  yield { at: 0, line, isWhole: line.length > LONGEST_LINE };
}

async function blockBefore(file: FileHandle, end: number): Promise<Buffer> {
  const block = Buffer.alloc(Math.min(BLOCK_BYTES, end));
  const from = end - block.length;
  for (let read = 0; read < block.length; ) {
    const { bytesRead } = await file.read(block, read, block.length - read, from + read);
    // Truncated meanwhile.
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return block;
}
