/** A folder with a GGUF file in it, and the fixture program in the place of llama-server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workplace } from './command.ts';

export const PROGRAM = fileURLToPath(new URL('../fixtures/llama/llama-server', import.meta.url));
const SERVER = 'llama-server';

/** `content`: of the model file. */
export function llamaPlace(content = 'GGUF and more') {
  const work = workplace();
  const model = join(work.folder, 'tiny.gguf');
  writeFileSync(model, content);
  const given = ['--llama-server', PROGRAM, '--model', model];
  const log = join(work.data, 'llama-server.log');
  // Where tests run side by side, all want the same port.
  const withPort = (environment: Record<string, string> = {}) => ({ LLAMA_ARG_PORT: '0', ...environment });
  return {
    ...work,
    run: (given: string[], environment?: Record<string, string>) => work.run(given, withPort(environment)),
    start: (given?: string[], environment?: Record<string, string>) => work.start(given, withPort(environment)),
    model,
    given,
    /** What it was started with, latest last. */
    starts(): { given: string[]; environment: Record<string, string> }[] {
      const lines = readFileSync(log, 'utf8').split('\n');
      return lines
        .filter((line) => line.includes('started {'))
        .map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    },
    log,
    server: () => work.processes().find(({ id }) => id === SERVER),
    ask: async (agent: string, content = 'hello'): Promise<{ status: string; content: string }> =>
      read(await post(`${work.url()}/chat/${agent}`, { content })),
  };
}

export async function read<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
