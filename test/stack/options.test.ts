import { describe, expect, it } from 'vitest';
import { helpText, readCommandLine } from '../../stack/command-line.ts';
import { Failure } from '../../stack/failure.ts';
import { COMMANDS, flagOf, OPTION_NAMES, optionRows, variableOf } from '../../stack/options.ts';
import { type OptionSources, resolveOptions } from '../../stack/resolve-options.ts';

async function given(...argumentList: string[]) {
  return (await readCommandLine(argumentList)).given;
}

function resolved(sources: Partial<OptionSources>) {
  return resolveOptions({ commandLine: {}, environment: {}, ...sources });
}

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('the option table', () => {
  it('gives every option a flag, a variable, a row and a line of help', async () => {
    const help = await helpText();
    const rows = optionRows();
    expect(rows.map(({ flag }) => flag)).toEqual([
      '--config',
      '--data',
      '--host',
      '--port',
      '--allow-host',
      '--token',
      '--agents',
      '--backend',
      '--model',
      '--llama-server',
      '--llama-args',
      '--slots',
      '--policy',
      '--durability',
      '--grace-seconds',
      '--log-level',
    ]);
    for (const { flag, variable } of rows) {
      expect(help).toContain(`${flag} <`);
      expect(help).toContain(`[${variable}]`);
    }
    for (const command of Object.keys(COMMANDS)) expect(help).toContain(flagOf(command));
    expect(variableOf('graceSeconds')).toBe('INTERJECT_GRACE_SECONDS');
  });

  it('has the documented defaults', () => {
    expect(resolved({})).toMatchObject({
      data: 'data',
      host: '127.0.0.1',
      port: 8002,
      allowHost: [],
      durability: 'normal',
      graceSeconds: 5,
      logLevel: 'info',
      config: undefined,
      backend: undefined,
      policy: undefined,
    });
  });
});

describe('precedence', () => {
  const file = { name: 'agents.config.ts', options: { port: 1003, host: '127.0.0.3', data: 'from-file' } };
  const environment = { INTERJECT_PORT: '1002', INTERJECT_HOST: '127.0.0.2', INTERJECT_POLICY: './a.ts, ./b.ts' };

  it('is command line, environment, configuration file, default', async () => {
    const commandLine = await given('--port', '1001', '--policy', './only,one.ts');
    expect(resolved({ commandLine, environment, file })).toMatchObject({
      port: 1001,
      host: '127.0.0.2',
      data: 'from-file',
      durability: 'normal',
      policy: ['./only,one.ts'],
    });
    expect(resolved({ environment, file })).toMatchObject({ port: 1002, policy: ['./a.ts', './b.ts'] });
    expect(resolved({ file })).toMatchObject({ port: 1003, host: '127.0.0.3' });
  });

  it('takes an empty variable for none', () => {
    expect(resolved({ environment: { INTERJECT_PORT: '' } }).port).toBe(8002);
  });

  it('gathers what may be repeated and splits names at commas', async () => {
    const commandLine = await given('--policy', 'a', '--policy', './b.ts', '--agents', 'x, y', '--allow-host', 'h.org');
    expect(resolved({ commandLine })).toMatchObject({
      policy: ['a', './b.ts'],
      agents: ['x', 'y'],
      allowHost: ['h.org'],
    });
  });

  it.each([
    ['http://127.0.0.1:8080/v1/', 'http://127.0.0.1:8080'],
    ['ollama://', 'ollama://127.0.0.1:11434'],
    ['ollama://:11435', 'ollama://127.0.0.1:11435'],
    ['ollama://gpu-box', 'ollama://gpu-box:11434'],
    ['ollama://[::1]:1234/', 'ollama://[::1]:1234'],
    ['ollama://127.0.0.1:80/v1', 'ollama://127.0.0.1:80'],
    ['simulator', 'simulator'],
  ])('takes --backend %s for %s', async (written, meant) => {
    const commandLine = await given('--backend', written);
    expect(resolved({ commandLine }).backend).toBe(meant);
  });

  it('splits arguments for llama-server as a shell does', async () => {
    const commandLine = await given('--llama-args', `-ngl 99 --alias "two words" --chat-template 'a "b"'`);
    expect(resolved({ commandLine }).llamaArgs).toEqual([
      '-ngl',
      '99',
      '--alias',
      'two words',
      '--chat-template',
      'a "b"',
    ]);
  });
});

describe('a wrong command line fails with exit code 2 and says what to do', () => {
  it.each([
    [['--dta', 'x'], 'There is no option --dta. Did you mean --data?'],
    [['--polcy=x'], 'There is no option --polcy. Did you mean --policy?'],
    [['--statsu'], 'There is no option --statsu. Did you mean --status?'],
    [['--xyzzyxyzzy'], 'There is no option --xyzzyxyzzy. See --help.'],
    [['--port'], "Option '--port <PORT>' argument missing. See --help."],
    [['--stop', '--status'], 'Use one of --stop and --status, not both.'],
  ])('%j', async (argumentList, message) => {
    await expect(readCommandLine(argumentList)).rejects.toMatchObject({ message, exitCode: 2 });
  });
});

describe('a bad value is told with the place it was given at', () => {
  const BAD: [name: (typeof OPTION_NAMES)[number], value: string, reason: RegExp][] = [
    ['config', ' ', /is empty/],
    ['data', ' ', /is empty/],
    ['host', 'a b', /"a b" cannot be used; use an address like 127\.0\.0\.1/],
    ['port', 'x', /"x" is not a whole number from 0 to 65535/],
    ['port', '65536', /"65536" is not a whole number/],
    ['port', '1.5', /"1\.5" is not a whole number/],
    ['port', '0x10', /"0x10" is not a whole number/],
    ['allowHost', 'http://x', /"http:\/\/x" is not a host name; use one like/],
    ['token', 'a b', /cannot be used; use letters, digits/],
    ['agents', 'ok,Not OK', /"Not OK" cannot be used; use lower-case letters/],
    ['agents', 'a,a', /"a" is named twice/],
    ['agents', ',', /names nothing/],
    ['backend', '127.0.0.1:8080', /is not an address; use one like http:\/\/127\.0\.0\.1:8080/],
    ['backend', 'ftp://x', /is not an address/],
    ['backend', 'http://user:secret@x', /must have no user name/],
    ['backend', 'http://:secret@x', /must have no user name, password/],
    ['backend', 'ollama://127.0.0.1:99999', /is not an address; use one like ollama:\/\/127\.0\.0\.1:11434/],
    ['backend', 'ollama://user:secret@x', /is not an address; use one like ollama/],
    ['model', ' ', /is empty/],
    ['llamaServer', ' ', /is empty/],
    ['llamaArgs', '-c "1', /-c "1 has a quotation mark or backslash without a partner/],
    ['slots', '0', /"0" is not a whole number from 1 to 10000/],
    ['policy', ' ', /is empty/],
    ['durability', 'most', /"most" is not known; use normal, full/],
    ['graceSeconds', '-1', /"-1" is not a number from 0 to 3600/],
    ['logLevel', 'loud', /"loud" is not known; use trace, debug, info, warn, error, fatal, silent/],
  ];

  it('covers every option', () => {
    expect(new Set(BAD.map(([name]) => name))).toEqual(new Set(OPTION_NAMES));
  });

  it.each(BAD)('%s = %j', async (name, value, reason) => {
    const onCommandLine = await given(flagOf(name), value);
    const flagged = failureOf(() => resolved({ commandLine: onCommandLine }));
    expect(flagged).toMatchObject({ exitCode: 2, message: expect.stringMatching(reason) });
    expect(flagged.message).toMatch(new RegExp(`^${flagOf(name)}: `));
    const fromEnvironment = failureOf(() => resolved({ environment: { [variableOf(name)]: value } }));
    expect(fromEnvironment.message).toMatch(new RegExp(`^${variableOf(name)}: `));
  });

  it('names file and field for options of a configuration file', () => {
    const inFile = (options: Record<string, unknown>) =>
      failureOf(() => resolved({ file: { name: 'my.ts', options } }));
    expect(inFile({ port: 'high' }).message).toBe('my.ts: options.port: "high" is not a whole number from 0 to 65535.');
    expect(inFile({ data: 7 }).message).toBe('my.ts: options.data: 7 is not a text.');
    expect(inFile({ prot: 1 }).message).toBe('my.ts: options.prot: there is no such option; did you mean port?');
    expect(inFile({ policy: ['x'] }).message).toContain(
      'options.policy: there is no such option; known are data, host',
    );
  });
});
