/**
 * A person who types commands as they stand in the documents, in a folder where they mean the same as in the project. All that was
 * started ends with `close()`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPidFile } from '../../stack/pid-file.ts';
import { signalProcess } from '../../stack/process-identity.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { ProcessBook } from '../proof/living-processes.ts';
import { until } from '../proof/until.ts';
import { quietEnvironment } from '../stack/quiet-environment.ts';

interface Typed {
  output: { text: string };
  ended: Promise<number | NodeJS.Signals>;
}

const STARTS_WITHIN_MS = 60_000;
/** What a command needs of the project. */
const LINKED = ['run.ts', 'node_modules', 'package.json'];

export class Reader {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'reader-'));
  readonly data = join(this.folder, 'data');
  readonly #pidFile = join(this.data, 'agent_pids.json');
  readonly #book = new ProcessBook(this.folder, this.#pidFile);
  #stack: Typed | undefined;

  constructor() {
    for (const name of LINKED) symlinkSync(join(PROJECT_ROOT, name), join(this.folder, name));
  }

  /** Address of the stack that runs; empty: none does. */
  get url(): string {
    return readPidFile(this.#pidFile)?.url ?? '';
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Runs a command to its end. @returns what it printed, and its exit code */
  async type(command: string): Promise<{ output: string; code: number | NodeJS.Signals }> {
    const { output, ended } = this.#type(command);
    const code = await ended;
    return { output: output.text, code };
  }

  /** Runs a command that stays, in place of the one that stays so far. @returns what it says when the stack is ready */
  async start(command: string): Promise<string> {
    for (const one of this.#book.recorded()) if (one.id === 'init') signalProcess(one, 'SIGTERM');
    await this.#stack?.ended;
    this.#stack = this.#type(command);
    const { output, ended } = this.#stack;
    const early = ended.then((end) => {
      throw new Error(`it ended with ${end}:\n${output.text}`);
    });
    early.catch(() => {});
    await Promise.race([until('the start lines', () => output.text.includes('is running\n'), STARTS_WITHIN_MS), early]);
    await until('/readyz', async () => (await fetch(`${this.url}/readyz`)).ok);
    this.#book.recorded();
    return output.text;
  }

  /** Waits until nothing runs that was started here. @throws Error after 20 s */
  async nothingRuns(): Promise<void> {
    await until('the end of all processes', () => this.#book.living().length === 0);
  }

  async close(): Promise<void> {
    await until('the end of killed processes', () => {
      const living = this.#book.living();
      for (const pid of living) process.kill(pid, 'SIGKILL');
      return living.length === 0;
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  #type(command: string): Typed {
    const child = spawn('sh', ['-c', command], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(this.folder, command),
    });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.text += text;
      });
    }
    return { output, ended: once(child, 'close').then(([code, signal]) => code ?? signal) };
  }
}

/** Of a shell that no `npm run` has touched; nothing is fetched, no model server of this machine is found, and the port is a free one. */
function environment(folder: string, command: string): NodeJS.ProcessEnv {
  const quiet = quietEnvironment(folder, command.split(' '));
  const kept = Object.entries(quiet).filter(([name]) => !/^(npm_|NODE_ENV|VITEST)/i.test(name));
  return { ...Object.fromEntries(kept), INTERJECT_PORT: '0', npm_config_offline: 'true' };
}
