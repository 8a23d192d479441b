/** Masks in what a swarm was asked what a policy masked in the message that was made of it for an agent. */
import type { SwarmRequest } from '../../swarm/request.ts';
import type { Redaction } from '../gate/redactions.ts';
import type { Recorder } from '../recorder.ts';
import type { KeyedHash } from '../store/keyed-hash.ts';
import type { Store } from '../store/store.ts';

export interface MaskedMessage {
  /** The message as it was. */
  raw: string;
  /** In order; offsets are of `raw`. */
  redactions: readonly Pick<Redaction, 'from' | 'to' | 'mask'>[];
}

/** Where a swarm is kept. */
export interface SwarmPlace {
  store: Store;
  recorder: Recorder;
  hash: KeyedHash;
}

/** Masks it in the request and the first event of the swarm that this run is a step of. */
export function maskSwarm({ store, recorder, hash }: SwarmPlace, run: string, message: MaskedMessage): void {
  const swarm = store.swarms.byRun(run);
  const masked = swarm && maskedRequest(swarm.request, message);
  if (swarm === undefined || masked === undefined) return;
  store.swarms.mask(swarm.number, JSON.stringify(masked), hash.of(swarm.request));
  recorder.rewrite<'swarm-start'>(swarm.firstSeq, { task: masked.task });
}

/** The request (JSON) with the masks; undefined: nothing of it was masked. */
export function maskedRequest(request: string, message: MaskedMessage): SwarmRequest | undefined {
  const given = JSON.parse(request) as SwarmRequest;
  const { task, items, criteria } = given;
  const masked = {
    ...given,
    task: maskedPart(task, message),
    ...(items && { items: items.map((item) => maskedPart(item, message)) }),
    ...(criteria !== undefined && { criteria: maskedPart(criteria, message) }),
  };
  return JSON.stringify(masked) === JSON.stringify(given) ? undefined : masked;
}

/** A text that was made of a request (JSON) before it was masked, with what stands in its place now. */
export function maskedAs(text: string, before: string, now: string): string {
  const [old, masked] = [before, now].map((request) => textsOf(JSON.parse(request) as SwarmRequest));
  return (old ?? []).reduce((left, part, place) => left.replaceAll(part, () => masked?.[place] ?? part), text);
}

function textsOf({ task, items = [], criteria }: SwarmRequest): string[] {
  return [task, ...items, ...(criteria === undefined ? [] : [criteria])];
}

/** A part of a message, masked where all of what was masked lies in it. */
function maskedPart(part: string, { raw, redactions }: MaskedMessage): string {
  const start = raw.indexOf(part);
  if (start < 0) return part;
  const end = start + part.length;
  let [masked, at] = ['', start];
  for (const { from, to, mask } of redactions) {
    if (from < at || to > end) continue;
    masked += raw.slice(at, from) + mask;
    at = to;
  }
  return masked + raw.slice(at, end);
}
