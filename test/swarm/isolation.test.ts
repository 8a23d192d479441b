/** Isolated agents: whatever they write and read, in whatever order, nobody sees another one's writes before the end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SharedState, type StateEntry } from '../../swarm/shared-state.ts';
import { runSwarm } from '../../swarm/swarm.ts';
import { gate, ScriptedRunner, specs } from './scripted-runner.ts';

interface Action {
  agent: number;
  key: string;
  /** Absent: it reads. */
  value: string | undefined;
}

const NAMES = ['a', 'b', 'c'];
const keys = fc.constantFrom('k', 'l', 'agent.a.answer');
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.record({ agent: fc.nat(2), key: keys, value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }) }),
  { maxLength: 30 },
);
const before = fc.array(fc.tuple(keys, fc.string({ maxLength: 3 })), { maxLength: 4 });
const failing = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });

/** Has three agents do this in this very order, whatever agent is at it. @returns what each read */
async function play(script: readonly Action[], state: SharedState, fails: readonly boolean[], isolated: boolean) {
  const reads: (string | undefined)[] = [];
  const states = new Map<number, { get(key: string): string | undefined; set(key: string, value: string): void }>();
  const played = gate();
  const runner = new ScriptedRunner(async ({ spec: { name } }, context) => {
    const agent = NAMES.indexOf(name);
    states.set(agent, context.state);
    if (states.size === NAMES.length) {
      for (const action of script) {
        if (action.value === undefined) reads.push(states.get(action.agent)?.get(action.key));
        else states.get(action.agent)?.set(action.key, action.value);
      }
      played.open();
    }
    await played.opened;
    return fails[agent] ? new Error('gone') : `answer of ${name}`;
  });
  await runSwarm({ mode: 'parallel', task: 't', agents: specs(...NAMES), isolated }, { runner, state });
  return reads;
}

function stateOf(entries: readonly (readonly [string, string])[]): SharedState {
  const state = new SharedState();
  for (const [key, value] of entries) state.set(key, value, 'before');
  return state;
}

/** What an agent leaves behind, oldest first. */
function writesOf(name: string, script: readonly Action[], agent: number): [string, StateEntry][] {
  const own = script.flatMap(({ agent: writer, key, value }): [string, StateEntry][] =>
    writer === agent && value !== undefined ? [[key, { value, writer: name }]] : [],
  );
  return [...own, [`agent.${name}.answer`, { value: `answer of ${name}`, writer: `swarm.${name}` }]];
}

describe('isolated', () => {
  test('an agent reads what it wrote, else what was there before the swarm', async () => {
    await fc.assert(
      fc.asyncProperty(actions, before, async (script, entries) => {
        const reads = await play(script, stateOf(entries), [], true);
        const parent = stateOf(entries);
        const own = NAMES.map(() => new Map<string, string>());
        const expected = script.flatMap(({ agent, key, value }) => {
          if (value === undefined) return [own[agent]?.get(key) ?? parent.get(key)];
          own[agent]?.set(key, value);
          return [];
        });
        expect(reads).toEqual(expected);
      }),
    );
  });

  test('afterwards there is what was there, then what each agent without an error wrote, in the order of the specs', async () => {
    await fc.assert(
      fc.asyncProperty(actions, before, failing, async (script, entries, fails) => {
        const state = stateOf(entries);
        await play(script, state, fails, true);
        const kept = NAMES.flatMap((name, agent) => (fails[agent] ? [] : writesOf(name, script, agent)));
        const expected = new Map<string, StateEntry>([...stateOf(entries).entries(), ...kept]);
        expect(new Map(state.entries())).toEqual(expected);
      }),
    );
  });

  test('last wins, in the order of the specs and not in that of the ends', async () => {
    const state = new SharedState();
    const last = gate();
    const runner = new ScriptedRunner(async ({ spec: { name } }, context) => {
      context.state.set('k', name);
      if (name === 'a') await last.opened;
      else last.open();
      expect(state.get('k')).toBeUndefined();
      return name;
    });
    await runSwarm({ mode: 'parallel', task: 't', agents: specs('a', 'b'), isolated: true }, { runner, state });
    expect(state.entry('k')).toEqual({ value: 'b', writer: 'b' });
  });
});

test('without isolation all see each write at once', async () => {
  await fc.assert(
    fc.asyncProperty(actions, before, async (script, entries) => {
      const reads = await play(script, stateOf(entries), [], false);
      const shared = stateOf(entries);
      const expected = script.flatMap(({ key, value }) => {
        if (value === undefined) return [shared.get(key)];
        shared.set(key, value, 'x');
        return [];
      });
      expect(reads).toEqual(expected);
    }),
  );
});
