/**
 * A file that others append to, read from where its reader stands. One that was truncated (logrotate's `copytruncate`) is read from its
 * beginning again, also when it has grown past that place meanwhile: what stood before it is no longer what was read there.
 */
import type { FileHandle } from 'node:fs/promises';
import { LONGEST_LINE } from './last-lines.ts';

const BLOCK_BYTES = 256 * 1024;
/** So much of what was read is remembered, to see whether it still stands there. */
const REMEMBERED_BYTES = 256;
const NEWLINE = 10;

export class FollowedFile {
  readonly #file: FileHandle;
  readonly identity: string;
  #offset: number;
  #last = Buffer.alloc(0);
  /** A line whose end has not been written yet. */
  #open: Buffer[] = [];
  #openBytes = 0;

  /** `offset`: of the beginning of a line. */
  constructor(file: FileHandle, identity: string, offset: number) {
    this.#file = file;
    this.identity = identity;
    this.#offset = offset;
  }

  /** The whole lines that were added, without their ends, block by block. */
  async *added(): AsyncGenerator<Buffer[]> {
    for (;;) {
      const read = await this.#next();
      if (read === undefined) this.#startAnew();
      else if (read.length > 0) yield [...this.#linesOf(read)];
      else if ((await this.#file.stat()).size < this.#offset) this.#startAnew();
      else return;
    }
  }

  /** What follows, read together with what stood before it: a file may be truncated at any moment. Undefined: that stands there no more. */
  async #next(): Promise<Buffer | undefined> {
    const known = this.#last.length;
    const block = Buffer.alloc(known + BLOCK_BYTES);
    const { bytesRead } = await this.#file.read(block, 0, block.length, this.#offset - known);
    if (!block.subarray(0, Math.min(known, bytesRead)).equals(this.#last)) return undefined;
    const read = block.subarray(known, bytesRead);
    this.#offset += read.length;
    this.#last = Buffer.concat([this.#last, read.subarray(-REMEMBERED_BYTES)]).subarray(-REMEMBERED_BYTES);
    return read;
  }

  /** What stands behind the last newline, when nothing more is to be waited for. */
  unfinished(): Buffer {
    const line = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    return line;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  *#linesOf(block: Buffer): Generator<Buffer> {
    let from = 0;
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, from)) {
      this.#open.push(block.subarray(from, at));
      yield this.unfinished();
      from = at + 1;
    }
    if (from === block.length) return;
    this.#open.push(block.subarray(from));
    this.#openBytes += block.length - from;
    if (this.#openBytes > LONGEST_LINE) yield this.unfinished();
  }

  #startAnew(): void {
    this.#offset = 0;
    this.#last = Buffer.alloc(0);
    this.unfinished();
  }
}
