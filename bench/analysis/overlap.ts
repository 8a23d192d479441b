/** How much of the time calls of different agents were under way at once. */
interface Span {
  agent: string;
  sent_ms: number;
  end_ms: number;
}

/** Share (0 to 1) of the time with a call under way in which two agents or more had one; undefined without calls. */
export function overlap(calls: readonly Span[]): number | undefined {
  const edges = calls.flatMap(({ agent, sent_ms: from, end_ms: until }) => [
    { at: from, agent, change: 1 },
    { at: until, agent, change: -1 },
  ]);
  edges.sort((one, other) => one.at - other.at || one.change - other.change);
  const open = new Map<string, number>();
  let [busy, shared, before] = [0, 0, edges[0]?.at ?? 0];
  for (const { at, agent, change } of edges) {
    if (open.size >= 1) busy += at - before;
    if (open.size >= 2) shared += at - before;
    const left = (open.get(agent) ?? 0) + change;
    if (left === 0) open.delete(agent);
    else open.set(agent, left);
    before = at;
  }
  return busy > 0 ? shared / busy : undefined;
}
