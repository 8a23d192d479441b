/** What was said of model servers, not of a run: the newest of each, until the server comes up anew. Pure. */
import type { PageEvent } from './fold.ts';

/** By backend; empty: about none in particular. */
export type StackNotices = ReadonlyMap<string, string>;

/** The notices after an event. */
export function foldNotices(notices: StackNotices, event: PageEvent): StackNotices {
  if (event.type === 'notice' && event.run === undefined) return new Map(notices).set(event.backend ?? '', event.text);
  if (event.type !== 'backend-up' || !notices.has(event.backend)) return notices;
  return new Map([...notices].filter(([backend]) => backend !== event.backend));
}

/** What concerns somebody who talks to one of these backends. */
export function describeNotices(notices: StackNotices, backends: readonly string[]): string {
  return ['', ...backends]
    .map((backend) => notices.get(backend))
    .filter((text) => text !== undefined)
    .join(' ');
}
