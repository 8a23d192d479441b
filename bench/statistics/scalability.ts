/**
 * The universal scalability law (Gunther 1993): X(N) = X₁·N / (1 + σ(N−1) + κN(N−1)). σ: share of the work that waits for its turn;
 * κ: cost of keeping each other informed. Fitted by least squares of N·X₁/X(N) − 1 on (N−1) and N(N−1), neither below 0.
 */
import { sum } from 'simple-statistics';

/** `agents` at once give `throughput` (any unit a second). */
export interface ScalePoint {
  agents: number;
  throughput: number;
}

export interface Scalability {
  single: number;
  sigma: number;
  kappa: number;
  /** Agents at which throughput is highest, √((1−σ)/κ); undefined when more agents never make it slower. */
  peak: number | undefined;
  /** Share of the variance of the throughput that the curve explains; 1: all. */
  explained: number;
}

/** Needs points at one agent and at two other numbers of agents at least; otherwise undefined. Several points of one number may be given. */
export function fitScalability(points: readonly ScalePoint[]): Scalability | undefined {
  const alone = points.filter(({ agents }) => agents === 1).map(({ throughput }) => throughput);
  const others = points.filter(({ agents, throughput }) => agents > 1 && throughput > 0);
  if (alone.length === 0 || new Set(others.map(({ agents }) => agents)).size < 2) return undefined;
  const single = sum(alone) / alone.length;
  if (!(single > 0)) return undefined;
  const [sigma, kappa] = coefficients(
    others.map(({ agents, throughput }) => ({
      queue: agents - 1,
      exchange: agents * (agents - 1),
      loss: (agents * single) / throughput - 1,
    })),
  );
  const fit = { single, sigma, kappa };
  const peak = kappa > 0 ? Math.sqrt(Math.max(0, 1 - sigma) / kappa) : undefined;
  return { ...fit, peak, explained: explainedBy(points, fit) };
}

/** Throughput of so many agents by the law. */
export function scaled(
  agents: number,
  { single, sigma, kappa }: Pick<Scalability, 'single' | 'sigma' | 'kappa'>,
): number {
  return (single * agents) / (1 + sigma * (agents - 1) + kappa * agents * (agents - 1));
}

interface Loss {
  queue: number;
  exchange: number;
  loss: number;
}

/** Least squares through the origin in two variables; where one came out negative it is 0 and the other is fitted alone. */
function coefficients(losses: readonly Loss[]): [number, number] {
  const over = (product: (loss: Loss) => number): number => sum(losses.map(product));
  const [qq, qe, ee] = [over((l) => l.queue ** 2), over((l) => l.queue * l.exchange), over((l) => l.exchange ** 2)];
  const [ql, el] = [over((l) => l.queue * l.loss), over((l) => l.exchange * l.loss)];
  const determinant = qq * ee - qe * qe;
  const sigma = (ql * ee - el * qe) / determinant;
  const kappa = (el * qq - ql * qe) / determinant;
  if (sigma < 0) return [0, Math.max(0, el / ee)];
  return kappa < 0 ? [Math.max(0, ql / qq), 0] : [sigma, kappa];
}

function explainedBy(points: readonly ScalePoint[], fit: Pick<Scalability, 'single' | 'sigma' | 'kappa'>): number {
  const average = sum(points.map(({ throughput }) => throughput)) / points.length;
  const spread = sum(points.map(({ throughput }) => (throughput - average) ** 2));
  const left = sum(points.map(({ agents, throughput }) => (throughput - scaled(agents, fit)) ** 2));
  return spread === 0 ? Number(left === 0) : 1 - left / spread;
}
