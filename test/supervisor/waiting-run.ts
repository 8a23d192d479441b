/** Runs that wait for a slot, for tests of who is served when. */
import { LiveRun } from '../../supervisor/runs/live-run.ts';
import type { RunRow } from '../../supervisor/store/runs.ts';

interface Wanted {
  status?: RunRow['status'];
  origin?: RunRow['origin'];
  agent?: string;
  chat?: string;
  weight?: number;
  /** The backend or pool of its agent. */
  place?: string;
  /** Its conversation is the caller's. */
  isHeld?: boolean;
}

/** Number `number` in the order of arrival, in a chat of its own when no other is named. */
export function waitingRun(
  number: number,
  {
    status = 'queued',
    origin = 'interactive',
    agent = 'a',
    chat = `c${number}`,
    weight,
    place = 'own',
    isHeld,
  }: Wanted = {},
): LiveRun {
  const row: RunRow = {
    id: `r${number}`,
    number,
    agent,
    chat,
    content: '',
    contentHash: null,
    status,
    reason: null,
    isEphemeral: isHeld === true ? 1 : 0,
    origin,
    system: null,
    firstSeq: number,
    ...{ fromAgent: null, fromRun: null, hops: 0, thread: null },
    ...{ agentDeaths: 0, backendFailures: 0 },
    ...{ acceptedAt: number, startedAt: null, firstTextAt: null, endedAt: null },
  };
  return new LiveRun(row, { name: agent, system: '', ...(weight !== undefined && { weight }) }, place, 0);
}
