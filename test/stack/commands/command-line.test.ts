import { describe, expect, it } from 'vitest';
import { helpText, readCommandLine } from '../../../stack/command-line.ts';
import { readOwnOptions } from '../../../stack/commands/declare.ts';
import { SUBCOMMANDS } from '../../../stack/commands/index.ts';
import { flagOf } from '../../../stack/options.ts';

describe('a subcommand', () => {
  it('is listed by --help with its line of help', async () => {
    const help = (await helpText()).replace(/\s+/g, ' ');
    for (const { name, help: line } of SUBCOMMANDS) {
      expect(help).toContain(` ${name} `);
      expect(help).toContain(line);
    }
  });

  it.each(SUBCOMMANDS.map((subcommand) => [subcommand.name, subcommand] as const))(
    '%s shows its own options, those of a start that it takes, and examples',
    async (name, subcommand) => {
      const read = await readCommandLine([name, '--help']);
      expect(read).toMatchObject({ command: 'help', subcommand });
      const help = await helpText(subcommand);
      expect(help).toContain(`Usage: npx tsx run.ts ${name} `);
      const flags = [...Object.keys(subcommand.options), ...subcommand.startOptions, 'help'].map(flagOf);
      expect(flags.filter((flag) => !help.includes(`${flag} `))).toEqual([]);
      expect(help).not.toContain('--stop');
      for (const example of subcommand.examples) expect(help).toContain(example);
    },
  );

  it('gets its argument, its own options, and options of a start from both sides of its name', async () => {
    const read = await readCommandLine([
      '--data',
      'x',
      'chat',
      'critic',
      '--chat',
      'second',
      '--policy',
      'a',
      '--policy=b',
    ]);
    expect(read).toMatchObject({
      command: 'subcommand',
      argument: 'critic',
      own: { chat: 'second' },
      given: { data: 'x', policy: ['a', 'b'] },
    });
  });

  it('has its own values and defaults, also for a flag that a start has too', async () => {
    const read = await readCommandLine(['simulate', '--port', '11434', '--tokens-per-second', '40']);
    if (read.command !== 'subcommand') throw new Error('no subcommand');
    expect(read.given).toEqual({});
    expect(readOwnOptions(read.subcommand.options, read.own)).toEqual({
      port: 11_434,
      host: '127.0.0.1',
      tokensPerSecond: 40,
      ttftMs: 60,
      slots: 4,
      seed: 1,
      context: 8192,
      model: 'simulator',
    });
  });
});

describe('a wrong command line fails with exit code 2 and says what to do', () => {
  it.each([
    [['chta'], 'There is no command chta. Did you mean chat?'],
    [
      ['xyzzyxyzzy'],
      'There is no command xyzzyxyzzy. Commands are chat, swarm, bench, doctor, logs, policy, simulate; without one the stack is started. See --help.',
    ],
    [['chat', '--polcy', 'x'], 'There is no option --polcy. Did you mean --policy?'],
    [['chat', '--cht', 'x'], 'There is no option --cht. Did you mean --chat?'],
    [['simulate', '--prt', '1'], 'There is no option --prt. Did you mean --port?'],
    [['chat', 'one', 'two'], 'Too many arguments. Expected 1 argument but got 2. See --help.'],
    [['doctor', 'me'], 'Too many arguments. Expected 0 arguments but got 1. See --help.'],
    [['chat', '--chat'], "Option '--chat <NAME>' argument missing. See --help."],
    [['--stop', 'chat'], 'There is no option --stop. See --help.'],
  ])('%j', async (argumentList, message) => {
    await expect(readCommandLine(argumentList)).rejects.toMatchObject({ message, exitCode: 2 });
  });

  it('a bad value is told with its flag', () => {
    const simulate = SUBCOMMANDS.find(({ name }) => name === 'simulate');
    expect(() => readOwnOptions(simulate?.options ?? {}, { slots: '0' })).toThrow(
      '--slots: "0" is not a whole number from 1 to 10000.',
    );
  });
});
