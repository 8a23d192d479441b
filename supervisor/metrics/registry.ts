/** The only door to prom-client: the metrics of the table, by name. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricName } from './table.ts';

type Labels<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>;
type OfType<Type> = { [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never }[MetricName];

export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #histograms = new Map<string, Histogram>();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();

  constructor() {
    for (const [name, metric] of Object.entries(METRICS)) {
      const common = { name, help: metric.help, labelNames: [...metric.labels], registers: [this.#registry] };
      if (metric.type === 'counter') this.#counters.set(name, new Counter(common));
      else if (metric.type === 'gauge') this.#gauges.set(name, new Gauge(common));
      else this.#histograms.set(name, new Histogram({ ...common, buckets: [...metric.buckets] }));
    }
  }

  /** Seconds, tokens: what the table says. */
  observe<Name extends OfType<'histogram'>>(name: Name, labels: Labels<Name>, value: number): void {
    this.#histograms.get(name)?.observe(labels, value);
  }

  count<Name extends OfType<'counter'>>(name: Name, labels: Labels<Name>): void {
    this.#counters.get(name)?.inc(labels);
  }

  /** Replaces all values of a counter that somebody else counts. */
  setCounts<Name extends OfType<'counter'>>(name: Name, values: readonly [Labels<Name>, number][]): void {
    const counter = this.#counters.get(name);
    counter?.reset();
    for (const [labels, value] of values) counter?.inc(labels, value);
  }

  /** Replaces all values of a gauge. */
  setGauge<Name extends OfType<'gauge'>>(name: Name, values: readonly [Labels<Name>, number][]): void {
    const gauge = this.#gauges.get(name);
    gauge?.reset();
    for (const [labels, value] of values) gauge?.set(labels, value);
  }

  /** In Prometheus' text format, version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
