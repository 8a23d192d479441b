/** What the page says in words: pure functions, so that they can be tested. */
import type { ApprovalView, NoticeView, SwarmStepView, SwarmSummary } from '../../supervisor/service.ts';
import type { Stack } from './api.ts';
import { type Answer, type ChatView, type Intervention, type RunLines, runningRun } from './chat-view.ts';

export type Connection = 'connecting' | 'connected' | 'lost';

/** Of a task in a line. */
const TASK_CHARACTERS = 100;

const BADGES: Record<Answer['state'], string> = {
  streaming: '',
  complete: '',
  interrupted: 'interrupted',
  failed: 'failed',
};
const ENDINGS: Record<RunLines['state'], string> = {
  queued: 'Waiting for its turn',
  running: '',
  answered: '',
  ended: '',
  failed: 'No answer: it failed',
  stopped: 'Stopped',
  blocked: 'Blocked',
  expired: 'Expired',
};
const DEEDS: Record<Intervention['action'], string> = {
  interject: 'corrected the answer',
  cut: 'ended the answer',
  redact: 'masked a part of the answer',
  block: 'blocked the answer',
  pause: 'held the answer back for a person to decide',
  terminate: 'blocked the answer and stopped the agent',
};

/** Who intervened and what they did. */
export function describeIntervention({ policy, action, turn }: Intervention): string {
  const who = policy === '' ? 'The supervisor' : policy === 'person' ? 'A person' : `Policy ${policy}`;
  if (turn === 0 && action === 'interject') return `${who} flagged the message`;
  return `${who} ${turn === 0 ? DEEDS[action].replace('the answer', 'the message') : DEEDS[action]}`;
}

/** Beside the name of an answer: its state, the reason, what is held back. Empty for an answer like any other. */
export function describeAnswer({ state, note, held }: Answer): string {
  const holding = held > 0 ? `${held} characters held back` : '';
  return [BADGES[state], note, holding].filter((part) => part !== '').join(' · ');
}

/** It has reasoned and not begun to answer. */
function isThinking({ state, text, reasoning }: Answer): boolean {
  return state === 'streaming' && text === '' && reasoning !== '';
}

/** The label of the reasoning that is folded away. */
export function describeReasoning(answer: Answer): string {
  return isThinking(answer) ? 'Thinking …' : 'Reasoning';
}

/** Below an answer: whom it wrote to; else empty. */
export function describeLetters({ letters }: Pick<RunLines, 'letters'>): string {
  if (letters.length === 0) return '';
  return `Sent to ${letters.join(', ')}: see the chat of the same name there.`;
}

/** Whether a notice is about what the answer wrote to other agents: it stands below the answer, other ones above it. */
export function isAboutLetters({ code }: Pick<NoticeView, 'code'>): boolean {
  return code.startsWith('letter_');
}

/** Below a run that is waiting, or that ended without an answer; else empty. */
export function describeEnding({ state, reason }: RunLines): string {
  const ending = ENDINGS[state];
  return ending === '' || reason === '' ? ending : `${ending}: ${reason}`;
}

/** The state line. */
export function describeState(view: ChatView, connection: Connection, agent: string): string {
  if (connection === 'lost') return 'Connection lost, reconnecting …';
  if (connection === 'connecting') return 'Connecting …';
  const running = runningRun(view);
  if (running?.waitsFor !== undefined) return 'Waiting for a person to decide.';
  const isThinkingNow = running?.items.some((item) => item.kind === 'answer' && isThinking(item));
  if (running !== undefined) return `${agent} is ${isThinkingNow ? 'thinking' : 'answering'} …`;
  const last = view.runs.at(-1);
  if (last === undefined) return 'Ready.';
  if (last.state === 'queued') return 'The message waits in the inbox …';
  if (last.state === 'ended') return 'Ready.';
  return last.state === 'answered' ? 'Answer complete.' : `${describeEnding(last)}.`;
}

/** Which model answers; says plainly when it is none. */
export function describeBackend(stack: Stack, agentName: string): string {
  const agent = stack.agents.find(({ id }) => id === agentName);
  if (agent === undefined) return '';
  const members = membersOf(stack, agent);
  const backend = members.find(({ up }) => up) ?? members[0];
  if (backend === undefined) return '';
  const health = `${describeFallback(agent)}${members.map((member) => describeHealth(member, members.length > 1)).join('')}`;
  const rest = `${health}${describeAbsence(agent)} ${describePolicies(stack, agent)}`;
  if (backend.server === 'simulator') {
    return `Simulator: a stand-in, not a real model. Attach one with --backend URL.${rest}`;
  }
  const one = `${backend.server} (${backend.url})`;
  const pool = `${members.length} servers (${members.map(({ name }) => name).join(', ')})`;
  return `${agent.model || backend.model} on ${members.length > 1 ? pool : one}.${rest}`;
}

/** The model servers that an agent's turns go to now. */
export function membersOf(
  { backends }: Stack,
  { backend, fallback, members }: Stack['agents'][number],
): Stack['backends'] {
  const names = members ?? [fallback ?? backend];
  return backends.filter(({ name }) => names.includes(name));
}

/** Empty for an agent that is there. */
function describeAbsence({ state }: Stack['agents'][number]): string {
  if (state === 'ready') return '';
  return state === 'stopped'
    ? ' The agent is stopped; messages wait until it is restarted.'
    : ` The agent is ${state}.`;
}

/** Who watches an agent, and what is not as it should be with them. */
function describePolicies({ policies }: Stack, agent: Stack['agents'][number]): string {
  if (agent.policies.length === 0) return 'No policy.';
  const names = agent.policies.map((name) => {
    const policy = policies.find((one) => one.name === name);
    if (policy?.quarantined) return `${name} (in quarantine: nothing is answered)`;
    return policy?.problem === undefined ? name : `${name} (what was saved last does not load)`;
  });
  return `Watched by ${names.join(', ')}.`;
}

/** Empty for an agent whose own backend answers, or that has no other one. */
function describeFallback({ backend, fallback }: Stack['agents'][number]): string {
  return fallback === undefined ? '' : ` It stands in for ${backend}, which does not answer.`;
}

/** What is unusual about a model server; else empty. `isNamed`: it is one of several. */
function describeHealth({ name, up, detail }: Stack['backends'][number], isNamed: boolean): string {
  if (up) return detail === undefined ? '' : ` ${isNamed ? `${name} now:` : 'Now'} ${detail}.`;
  return ` ${isNamed ? name : 'It'} does not answer${detail === undefined ? '.' : `: ${detail}.`}`;
}

/** The heading of what waits for a person. */
export function describeApproval({ agent, chat, policy, reason }: ApprovalView): string {
  return `${agent}, chat ${chat}: policy ${policy} asks for a decision: ${reason}`;
}

/** What the buttons do. */
export function describeChoice(approval: ApprovalView): string {
  if (approval.kind === 'message') return 'Approve sends the message to the model; Edit sends another one instead.';
  if (approval.kind === 'error')
    return 'The turn failed. Try again asks the model once more; Edit answers in its place.';
  if (approval.is_complete) return 'Approve shows the whole answer; Edit shows another one instead.';
  if (!isApprovable(approval)) return 'The model was stopped before it answered: Edit writes an answer.';
  return 'The model was stopped here. Approve makes this the answer; Edit shows another one instead.';
}

/** Whether there is something that approving would show or let go on. */
export function isApprovable({ kind, is_complete, shown, withheld }: ApprovalView): boolean {
  return kind !== 'answer' || is_complete || shown + withheld !== '';
}

/** The line over all swarms. */
export function describeSwarms(swarms: readonly SwarmSummary[]): string {
  const running = swarms.filter(({ state }) => state === 'running').length;
  return running === 0 ? 'Swarms' : `Swarms (${running} running)`;
}

/** The line of a swarm. */
export function describeSwarm({ mode, agents, state, task, created_at }: SwarmSummary): string {
  const line = task.replace(/\s+/g, ' ').trim();
  const shown = line.length > TASK_CHARACTERS ? `${line.slice(0, TASK_CHARACTERS)} …` : line;
  return `${time(created_at)} · ${mode} · ${agents.join(', ')} · ${state} · ${shown}`;
}

/** Who ran when. */
export function describeStep({ step, agent, state, error, started_at, ended_at }: SwarmStepView): string {
  const took = ended_at === undefined ? '' : `, ${((ended_at - started_at) / 1000).toFixed(1)} s`;
  const ending = error === undefined ? '' : ' · failed';
  const going = state === 'ended' ? ending : ` · ${state}`;
  return `${agent} · ${step} · ${time(started_at)}${took}${going}`;
}

/** A moment on the reader's clock. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}
