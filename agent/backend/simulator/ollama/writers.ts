/** An answer of Ollama's on its way to the client: as lines of JSON, or whole at its end. The first line brings the headers. */
import type { ServerResponse } from 'node:http';
import { type AnswerSummary, type AnswerToken, type AnswerWriter, FAILURE } from '../answer-writer.ts';
import type { FaultKind } from '../faults.ts';
import { Refusal } from '../replies.ts';
import { endOf, type LineIdentity, partOf } from './bodies.ts';
import { JSON_TYPE, sendOllama, sendOllamaRefusal } from './replies.ts';

/** When a request came and how long its model took to load, on the monotonic clock in milliseconds. */
interface Times {
  arrivedAt: number;
  loadMs: number;
}

const HALF_A_LINE = '{"model":"simulator","created_at":"20\n';

abstract class OllamaWriter {
  protected readonly response: ServerResponse;
  protected readonly identity: LineIdentity;
  readonly #times: Times;

  constructor(response: ServerResponse, identity: LineIdentity, times: Times) {
    this.response = response;
    this.identity = identity;
    this.#times = times;
  }

  begin(): void {}

  protected endWith(tokens: readonly AnswerToken[], summary: AnswerSummary): object {
    const { arrivedAt, loadMs } = this.#times;
    return endOf(this.identity, tokens, summary, { totalMs: performance.now() - arrivedAt, loadMs });
  }

  protected fail(): void {
    sendOllamaRefusal(this.response, new Refusal(500, 'server_error', FAILURE));
  }
}

export class LineWriter extends OllamaWriter implements AnswerWriter {
  write(tokens: readonly AnswerToken[]): boolean {
    return this.#send(tokens.map((token) => jsonLine(partOf(this.identity, [token]))).join(''));
  }

  end(summary: AnswerSummary): void {
    this.#send(jsonLine(this.endWith([], summary)));
    this.response.end();
  }

  /** A failure before the first line has a status of its own. */
  breakOff(kind: FaultKind): void {
    if (kind === 'error-line' && !this.response.headersSent) return this.fail();
    const last: Partial<Record<FaultKind, string>> = {
      'error-line': jsonLine({ error: FAILURE }),
      garbage: HALF_A_LINE,
    };
    this.#send(last[kind] ?? '');
    this.response.end();
  }

  #send(lines: string): boolean {
    if (!this.response.headersSent) this.response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    return lines === '' || this.response.write(lines);
  }
}

export class WholeLineWriter extends OllamaWriter implements AnswerWriter {
  readonly #tokens: AnswerToken[] = [];

  write(tokens: readonly AnswerToken[]): boolean {
    this.#tokens.push(...tokens);
    return true;
  }

  end(summary: AnswerSummary): void {
    sendOllama(this.response, 200, this.endWith(this.#tokens, summary));
  }

  breakOff(kind: FaultKind): void {
    if (kind === 'truncate') this.response.destroy();
    else if (kind === 'garbage') this.response.writeHead(200, { 'Content-Type': JSON_TYPE }).end(HALF_A_LINE);
    else this.fail();
  }
}

function jsonLine(line: object): string {
  return `${JSON.stringify(line)}\n`;
}
