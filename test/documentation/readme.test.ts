/** Every command of the documents does what they say: each is typed as it stands there, in their order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import { OPTIONS } from '../../stack/options.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import type { RunView } from '../../supervisor/service.ts';
import { codeBlocks, MULTIAGENT, README, shellCommands } from './code-blocks.ts';
import { Reader } from './reader.ts';

const reader = new Reader();
const COMMANDS = [...new Set([...shellCommands(README), ...shellCommands(MULTIAGENT)])];
/** Exit code of a shell. */
const NO_SUCH_PROGRAM = 127;
const PACKAGE = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));

/** Which commands there are, and what each has to do. */
const RUNNERS: [pattern: RegExp, run: (command: string) => Promise<void> | void][] = [
  [/^(npx tsx|node --import tsx) run\.ts$/, startsEverything],
  [/^curl -s http:\/\/127\.0\.0\.1:8002\/chat\//, asks],
  [/^curl -s http:\/\/127\.0\.0\.1:8002\/v1\//, asksAsOpenAi],
  [/^npx tsx run\.ts --status$/, showsTheStatus],
  [/^npx tsx run\.ts --stop$/, stops],
  [/^npx tsx run\.ts --help$/, helps],
  [/^npx tsx run\.ts --backend http:\/\/127\.0\.0\.1:8080( --model \S+)?$/, attachesAServer],
  [/^npx tsx run\.ts --backend ollama:\/\/127\.0\.0\.1:11434$/, attachesAServer],
  [/^npx tsx run\.ts --model model\.gguf$/, servesAFile],
  [/^npx tsx run\.ts --backend simulator$/, startsTheSimulator],
  [/^OLLAMA_HOST=127\.0\.0\.1:11435 ollama serve$/, servesASecondOllama],
  [/^npx tsx run\.ts --config two-ollamas\.ts$/, usesTwoOllamas],
  [/^npx tsx run\.ts chat assistant$/, chats],
  [/^npx tsx run\.ts doctor$/, examines],
  [/^npx tsx run\.ts logs$/, showsTheLog],
  [/^npx tsx run\.ts simulate --port 11434 /, simulates],
  [/^npx tsx run\.ts --policy \.\/my-policy\.ts$/, usesAPolicy],
  [/^npx tsx run\.ts policy test \.\/my-policy\.ts$/, triesAPolicy],
  [/^npx tsx run\.ts swarm ".+" --mode debate --agents assistant,analyst$/, asksASwarm],
  [/^npx tsx run\.ts bench --runs 1 --output-dir two-agents$/, benchmarks],
  [/^npx tsx run\.ts bench analyze two-agents$/, analyzes],
  [/^npm ci$|^npm ci && npm test$/, isWhatIsRunBeforePushing],
  [/^npm run \S+$/, isAScript],
];

beforeAll(() => {
  for (const block of codeBlocks(README, 'ts')) {
    const [, name] = /^\/\/ (\S+\.ts)\n/.exec(block) ?? [];
    reader.write(name ?? 'unnamed.ts', block);
  }
});
afterAll(() => reader.close());

test('there are commands, and none of those that somebody must find is missing', () => {
  const wanted = RUNNERS.slice(0, -1).map(([pattern]) => pattern);
  expect(wanted.filter((pattern) => !COMMANDS.some((command) => pattern.test(command)))).toEqual([]);
});

test.each(COMMANDS)('%s', async (command) => {
  const runner = RUNNERS.find(([pattern]) => pattern.test(command));
  if (runner === undefined) throw new Error(`nobody tries the documented command ${command}`);
  await runner[1](command);
});

test('every script that is named in passing is there', () => {
  const named = [...`${README}${MULTIAGENT}`.matchAll(/`npm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => PACKAGE.scripts[name ?? ''] === undefined)).toEqual([]);
});

async function startsEverything(command: string): Promise<void> {
  const said = await reader.start(command);
  expect(said).toContain(`${reader.url}/#token=`);
  expect(said).toMatch(/agents +assistant, analyst\n/);
  expect(said).toMatch(/backend +the built-in simulator/);
  expect(said).toMatch(/policies +error-keyword/);
  expect(said).toContain(reader.data);
}

/** As written, then with the question that stands below it. */
async function asks(command: string): Promise<void> {
  const here = command.replace('http://127.0.0.1:8002', reader.url);
  const [, question = ''] = /`(say: [^`]+)`/.exec(README) ?? [];
  const plain = await answerTo(here);
  expect(plain).toMatchObject({ agent: 'assistant', status: 'answered', interventions: [] });
  expect(plain.content).toMatch(/\w/);
  expect(question).toContain('ERROR');
  const objected = await answerTo(here.replace(/"content": "[^"]*"/, `"content": "${question}"`));
  expect(objected).toMatchObject({ status: 'answered' });
  expect(objected.interventions).toContainEqual(expect.objectContaining({ policy: 'error-keyword' }));
  expect(objected.content).not.toContain('ERROR');
}

/** What curl prints; where there is no curl, what it would be sent. */
async function answerTo(curl: string): Promise<RunView> {
  const { output, code } = await reader.type(curl);
  if (code === NO_SUCH_PROGRAM) return ask(JSON.parse(/-d '(.*)'$/.exec(curl)?.[1] ?? '').content);
  expect(code, output).toBe(0);
  return JSON.parse(output) as RunView;
}

async function showsTheLog(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  expect(output).toContain('supervisor is ready');
}

async function asksAsOpenAi(command: string): Promise<void> {
  const { output, code } = await reader.type(command.replace('http://127.0.0.1:8002', reader.url));
  if (code === NO_SUCH_PROGRAM) return;
  expect(code, output).toBe(0);
  const { model, choices } = JSON.parse(output) as { model: string; choices: { message: { content: string } }[] };
  expect(model).toBe('assistant');
  expect(choices[0]?.message.content).toMatch(/\w/);
}

async function showsTheStatus(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  for (const part of ['supervisor', 'assistant', 'analyst', 'simulator', 'queued']) expect(output).toContain(part);
}

async function stops(command: string): Promise<void> {
  expect(reader.url).not.toBe('');
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  await reader.nothingRuns();
  expect(reader.url).toBe('');
}

async function helps(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code).toBe(0);
  const flags = Object.keys(OPTIONS).map(
    (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
  expect(flags.filter((flag) => !output.includes(flag))).toEqual([]);
}

/** Behind the documented address stands a simulator, which speaks as each of these servers does. */
async function attachesAServer(command: string): Promise<void> {
  const simulator = await startSimulator({ ttftMs: 1, tokensPerSecond: 0 });
  try {
    const said = await reader.start(command.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${simulator.port}`));
    expect(said).toContain(`default at ${simulator.url} (--backend)`);
    expect(await ask('say: from the other server')).toMatchObject({ content: 'from the other server' });
    expect(simulator.requests()).toHaveLength(1);
  } finally {
    await simulator.close();
  }
}

/** In place of llama-server there is a small program on the PATH; it takes any free port, for others test the same at this moment. */
async function servesAFile(command: string): Promise<void> {
  reader.write('model.gguf', 'GGUF and more');
  const programs = join(PROJECT_ROOT, 'test/fixtures/llama');
  const said = await reader.start(`PATH="${programs}:$PATH" LLAMA_ARG_PORT=0 ${command}`);
  expect(said).toMatch(/backend +llama-server .*model\.gguf/);
  expect(await ask('hello')).toMatchObject({ status: 'answered' });
}

async function startsTheSimulator(command: string): Promise<void> {
  expect(await reader.start(command)).toMatch(/backend +the built-in simulator/);
  expect(await ask('say: made up')).toMatchObject({ content: 'made up' });
}

/** In place of two Ollamas: the second one as it is started, and the first one, which "listens already". */
const ollamas: Simulator[] = [];
afterAll(() => Promise.all(ollamas.map((ollama) => ollama.close())));

async function servesASecondOllama(): Promise<void> {
  const speed = { ttftMs: 1, tokensPerSecond: 0 };
  ollamas.push(
    await startSimulator({ ...speed, models: ['gemma3'] }),
    await startSimulator({ ...speed, models: ['qwen3'] }),
  );
}

async function usesTwoOllamas(command: string): Promise<void> {
  const [left, right] = ollamas;
  const configuration = codeBlocks(README, 'ts').find((block) => block.startsWith('// two-ollamas.ts\n')) ?? '';
  for (const port of ['11434', '11435']) expect(configuration).toContain(`'ollama://127.0.0.1:${port}'`);
  reader.write(
    'two-ollamas.ts',
    configuration.replace('11434', String(left?.port)).replace('11435', String(right?.port)),
  );
  const said = await reader.start(command);
  expect(said).toMatch(
    new RegExp(`left at ${left?.url} .*, ollama, model gemma3.*; agents assistant; fallback of analyst\n`),
  );
  expect(said).toMatch(new RegExp(`right at ${right?.url} .*, ollama, model qwen3.*; agents analyst\n`));
  const answers = await Promise.all([ask('say: left'), ask('say: right', 'analyst')]);
  expect(answers.map(({ content }) => content)).toEqual(['left', 'right']);
  expect([left?.requests().length, right?.requests().length]).toEqual([1, 1]);
}
async function chats(command: string): Promise<void> {
  const { output, code } = await reader.type(`echo 'say: from the terminal' | ${command}`);
  expect(code, output).toBe(0);
  expect(output).toMatch(/^from the terminal$/m);
}

async function examines(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  for (const part of ['Node.js', 'SQLite', 'data', 'port', 'policy'])
    expect(output).toMatch(new RegExp(`^ok +${part} `, 'm'));
  expect(output).toMatch(/^(ok|note) +model /m);
}

/** Stays until its whole process group is told to end, as by a Ctrl-C. */
async function simulates(command: string): Promise<void> {
  const onFreePort = command.replace('--port 11434', '--port 0');
  const child = spawn('sh', ['-c', onFreePort], {
    cwd: reader.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(child, 'close');
  try {
    let said = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      said += text;
      if (said.includes('Ctrl-C\n')) break;
    }
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
    expect(await (await fetch(`${url}/props`)).json()).toMatchObject({ total_slots: 1 });
    expect(await (await fetch(`${url}/api/version`)).json()).toHaveProperty('version');
  } finally {
    process.kill(-(child.pid ?? Number.NaN), 'SIGTERM');
    await ended;
  }
}

async function usesAPolicy(command: string): Promise<void> {
  const said = await reader.start(command);
  expect(said).toMatch(/policies +no-promises/);
  const run = await ask('say: Well, I promise it will work.');
  expect(run).toMatchObject({
    status: 'answered',
    messages: [
      { role: 'user' },
      { role: 'assistant', content: 'Well, ' },
      { role: 'supervisor' },
      { role: 'assistant' },
    ],
    interventions: [{ policy: 'no-promises', action: 'interject', turn: 1, offset: 'Well, '.length }],
  });
  expect(run.interventions[0]?.reason).toContain('without promising');
  expect(run.content).toMatch(/\w/);
  expect(run.content).not.toContain('I promise');
}

/** On what the stack with that policy has recorded. */
async function triesAPolicy(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  expect(output).toMatch(/disagree/);
}

async function asksASwarm(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  expect(output).toMatch(/assistant/);
}

/** With short answers: a test need not wait for long ones. */
async function benchmarks(command: string): Promise<void> {
  const { output, code } = await reader.type(`${command} --num-predict 8`);
  expect(code, output).toBe(0);
  expect(output).toContain('two simulators');
  expect(existsSync(join(reader.folder, 'two-agents/run_1/metrics.json'))).toBe(true);
}

async function analyzes(command: string): Promise<void> {
  const { output, code } = await reader.type(command);
  expect(code, output).toBe(0);
  expect(output).toMatch(/concluded/i);
  expect(existsSync(join(reader.folder, 'two-agents/report.html'))).toBe(true);
}

/** `.ci/run` does this and nothing else; `npm ci` needs a lock file that fits. */
function isWhatIsRunBeforePushing(command: string): void {
  const script = readFileSync(join(PROJECT_ROOT, '.ci/run'), 'utf8').split('\n');
  const run = script.filter((line) => line !== '' && !/^(#|set |cd )/.test(line));
  expect(run).toEqual(['npm ci && npm test']);
  expect(run.join()).toContain(command);
  for (const part of ['types', 'lint', 'layers', 'dead-code'])
    expect(PACKAGE.scripts.test).toContain(`npm run ${part}`);
  expect(PACKAGE.scripts.test).toMatch(/vitest run$/);
  const locked = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8')).packages[''];
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies', 'engines'])
    expect(locked[kind], kind).toEqual(PACKAGE[kind]);
}

function isAScript(command: string): void {
  expect(PACKAGE.scripts).toHaveProperty([command.replace('npm run ', '')]);
}

async function ask(content: string, agent = 'assistant'): Promise<RunView> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ content }) };
  return (await (await fetch(`${reader.url}/chat/${agent}`, init)).json()) as RunView;
}
