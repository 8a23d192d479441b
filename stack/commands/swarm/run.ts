/** Runs `swarm`: finds the stack or starts a private one, begins the swarm, tells what happens, prints what came of it. */
import { randomUUID } from 'node:crypto';
import type { AgentView } from '../../../supervisor/service.ts';
import type { SwarmView } from '../../../supervisor/swarms/views.ts';
import type { SwarmRequest } from '../../../swarm/request.ts';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure } from '../../failure.ts';
import type { GivenOptions } from '../../options.ts';
import { printable } from '../../printable.ts';
import { say } from '../../terminal.ts';
import { attach } from '../attach.ts';
import { type StackAccess, StackError } from '../chat/stack-access.ts';
import { askAgain, type EventOf, eventsOf } from '../stack-events.ts';
import { unknownAgent } from '../unknown-agent.ts';
import { participants, requestOf, type SwarmOptions } from './request.ts';

export interface SwarmInvocation {
  /** What is to be done. */
  argument: string | undefined;
  own: SwarmOptions;
  given: GivenOptions;
}

/** Whoever is not named: only to see whether all else fits. */
const SOMEBODY = ['somebody'];

/** Returns the exit code: 1 when the swarm failed or nobody answered. @throws Failure */
export async function runSwarmCommand({ argument, own, given }: SwarmInvocation): Promise<number> {
  const first = requestOf(argument, own, own.agents ?? SOMEBODY);
  const signals = new EndingSignals();
  const leaving = new AbortController();
  void signals.first.then(() => leaving.abort());
  void signals.impatience.then(() => process.exit(EXIT.interrupted));
  try {
    const named = own.agents === undefined ? [] : participants(first);
    const { stack, description, release } = await attach(given, note, leaving.signal, named);
    try {
      const request = await completed(stack, argument, own, leaving.signal);
      note(`${request.mode}: ${request.agents.join(', ')}; ${description}`);
      return await follow(stack, request, own.json === true, leaving.signal);
    } finally {
      await release();
    }
  } catch (error) {
    if (leaving.signal.aborted) return signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
    throw error instanceof StackError ? new Failure(`The stack refuses: ${error.message}`) : error;
  }
}

function note(line: string): void {
  process.stderr.write(`interject: ${printable(line)}\n`);
}

/** The request with the agents of this stack. @throws Failure (exit code 2) that names an agent that there is not */
async function completed(
  stack: StackAccess,
  task: string | undefined,
  own: SwarmOptions,
  signal: AbortSignal,
): Promise<SwarmRequest> {
  const { agents } = await askAgain<{ agents: AgentView[] }>(stack, signal, '/agents');
  const known = agents.map(({ id }) => id);
  const request = requestOf(task, own, own.agents ?? known);
  for (const name of participants(request)) if (!known.includes(name)) throw unknownAgent(name, known);
  return request;
}

async function follow(stack: StackAccess, request: SwarmRequest, json: boolean, signal: AbortSignal): Promise<number> {
  const order = { ...request, key: randomUUID() };
  const { swarm, first_seq } = await askAgain<SwarmView>(stack, signal, '/swarms', order);
  try {
    for await (const event of eventsOf(stack, { kind: 'swarm', id: swarm }, first_seq - 1, signal)) tell(event);
  } catch (error) {
    if (signal.aborted) await stop(stack, swarm);
    throw error;
  }
  return print(await askAgain<SwarmView>(stack, signal, `/swarms/${swarm}`), json);
}

async function stop(stack: StackAccess, swarm: string): Promise<void> {
  // If it cannot be told now, the swarm goes on.
  const stopped = await stack.ask(`/swarms/${swarm}/stop`, {}).catch(() => undefined);
  note(stopped === undefined ? `the stack does not answer; swarm ${swarm} goes on` : `swarm ${swarm} is stopped`);
}

function tell(event: EventOf<'swarm'>): void {
  if (event.type === 'swarm-start') return;
  if (event.type === 'swarm-end') return note(`${event.state}${event.error === undefined ? '' : `: ${event.error}`}`);
  const { step, state, error } = event;
  if (error !== undefined) return note(`${step}: ${error}`);
  note(`${step} ${state === 'started' ? 'began' : 'answered'}`);
}

/** Returns the exit code. */
function print(view: SwarmView, json: boolean): number {
  const { state, result } = view;
  const isAnswered = result?.outputs.some(({ error, answer }) => error === undefined && answer !== '') === true;
  if (json) say(JSON.stringify(view, null, 2));
  else if (state === 'finished') say(printable(result?.final_summary ?? ''));
  return state === 'finished' && isAnswered ? EXIT.ok : EXIT.failed;
}
