/** The modes of a swarm: one table, of which the request, a command line and a route are made. */
import { adversarial } from './adversarial.ts';
import { debate } from './debate.ts';
import { mapReduce } from './map-reduce.ts';
import { parallel } from './parallel.ts';
import { pipeline } from './pipeline.ts';
import { review } from './review.ts';
import { sequential } from './sequential.ts';
import { vote } from './vote.ts';
import type { Pattern, SwarmWork } from './work.ts';

/** What only some modes take. */
export type ModeOption = Exclude<keyof SwarmWork, 'task' | 'agents' | 'budget'>;

export interface Mode {
  pattern: Pattern;
  /** For people. */
  meaning: string;
  needs: readonly ModeOption[];
  /** What it takes beside that. */
  takes: readonly ModeOption[];
  /** The same agent may be named several times. */
  repeats?: true;
}

export const MODES = {
  parallel: {
    pattern: parallel,
    meaning: 'all agents at once on the same task',
    needs: [],
    takes: ['synthesizer', 'isolated'],
  },
  sequential: {
    pattern: sequential,
    meaning: 'one after another, each with what the earlier ones found',
    needs: [],
    takes: ['synthesizer'],
  },
  debate: {
    pattern: debate,
    meaning: "all answer, then each criticises the others' answers and answers better",
    needs: [],
    takes: ['synthesizer'],
  },
  pipeline: {
    pattern: pipeline,
    meaning: "each agent's answer is what the next one is asked",
    needs: [],
    takes: [],
    repeats: true,
  },
  review: {
    pattern: review,
    meaning: 'all work, and work again with what the reviewer says, until it approves',
    needs: ['reviewer'],
    takes: ['synthesizer', 'maxRounds'],
  },
  'map-reduce': {
    pattern: mapReduce,
    meaning: 'items are dealt to the agents, a reducer makes one answer of theirs',
    needs: ['items', 'reducer'],
    takes: ['maxConcurrent'],
  },
  vote: {
    pattern: vote,
    meaning: 'all answer independently; the answer that most give wins, a judge decides ties',
    needs: [],
    takes: ['judge'],
  },
  adversarial: {
    pattern: adversarial,
    meaning: 'a reviewer who sees only work and criteria looks for what is wrong with it',
    needs: ['reviewer', 'criteria'],
    takes: [],
  },
} as const satisfies Record<string, Mode>;

export type ModeName = keyof typeof MODES;

export const MODE_NAMES = Object.keys(MODES) as [ModeName, ...ModeName[]];

const OPTIONS: readonly ModeOption[] = [
  'synthesizer',
  'reviewer',
  'judge',
  'reducer',
  'isolated',
  'maxRounds',
  'items',
  'maxConcurrent',
  'criteria',
];

export interface Complaint {
  field: string;
  reason: string;
}

/** What is wrong with what is given to a mode; empty: nothing. `given`: agents by name, and any value for what is given. */
export function complaints(
  name: ModeName,
  given: Partial<Record<ModeOption, unknown>> & { agents: readonly string[] },
): Complaint[] {
  const mode: Mode = MODES[name];
  const found: Complaint[] = [];
  for (const field of OPTIONS) {
    const isGiven = given[field] !== undefined && given[field] !== false;
    const isKnown = mode.needs.includes(field) || mode.takes.includes(field);
    if (isGiven && !isKnown) found.push({ field, reason: `is not for ${name}, only for ${modesWith(field)}` });
    if (!isGiven && mode.needs.includes(field)) found.push({ field, reason: `is missing; ${name} needs it` });
  }
  if (given.agents.length === 0) found.push({ field: 'agents', reason: 'at least one is needed' });
  const twice = mode.repeats === undefined ? repeated(given.agents) : undefined;
  if (twice !== undefined) found.push({ field: 'agents', reason: `${twice} is named twice` });
  return found;
}

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function modesWith(field: ModeOption): string {
  const taking = MODE_NAMES.filter((name) => [...MODES[name].needs, ...MODES[name].takes].some((own) => own === field));
  return taking.join(', ');
}
