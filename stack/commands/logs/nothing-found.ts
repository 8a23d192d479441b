/** What a person is told who asks for lines that there are not. */
import { nearestName } from '../../../policy/nearest-name.ts';
import type { DataFolder } from '../../data-folder.ts';
import { readPidFile } from '../../pid-file.ts';
import { printable } from '../../printable.ts';

/** One line with its end. `isThere`: there is a log. */
export function nothingFound(
  { agent, run }: { agent: string[] | undefined; run: string[] | undefined },
  { log, pidFile }: DataFolder,
  isThere: boolean,
): string {
  if (!isThere) return note(`there is no log at ${log} yet`);
  const of = [agent && `agent ${agent.join(', ')}`, run && `run ${run.join(', ')}`].filter(Boolean).join(' and ');
  const known = (readPidFile(pidFile)?.processes ?? []).flatMap(({ id, kind }) => (kind === 'agent' ? id : []));
  const unknown = agent?.find((name) => known.length > 0 && !known.includes(name));
  const nearest = unknown === undefined ? undefined : nearestName(unknown, known);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return note(`no line${of && ` of ${of}`} that is wanted stands in ${log}.${hint}`);
}

function note(text: string): string {
  return `interject: ${printable(text)}\n`;
}
