// What an operator watches: counters and times, in Prometheus' text form. No label holds anything of a person.

type Labels = Readonly<Record<string, string>>;

/** Upper ends of the buckets, seconds; document's goals (0.12 and 0.5) are among them. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.12, 0.25, 0.5, 1, 2.5];

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

const HELP: Readonly<Record<string, string>> = {
  playback_requests_total: "Requests by route and status.",
  playback_request_seconds: "Time from a request's head to its answer.",
  playback_sessions_created_total: "Sessions begun.",
  playback_sessions_ended_total: "Sessions ended, by what ended them.",
  playback_keys_total: "Keys given out.",
  playback_envelope_seconds: "Time to open a secret with the envelope key.",
  playback_log_dropped_total: "Log entries lost because the database was away.",
};

export class Metrics {
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  count(name: string, labels: Labels = {}, by = 1): void {
    const key = keyOf(name, labels);
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + by);
  }

  observe(name: string, labels: Labels, seconds: number): void {
    const key = keyOf(name, labels);
    const histogram = this.#histograms.get(key) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
    this.#histograms.set(key, histogram);
    BUCKETS.forEach((end, at) => {
      if (seconds <= end) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    });
    histogram.sum += seconds;
    histogram.count += 1;
  }

  time<T>(name: string, labels: Labels, act: () => T): T {
    const began = this.clock();
    try {
      return act();
    } finally {
      this.observe(name, labels, (this.clock() - began) / 1000);
    }
  }

  /** https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4 */
  text(): string {
    const lines: string[] = [];
    for (const [name, help] of Object.entries(HELP)) {
      const counters = [...this.#counters].filter(([key]) => nameOf(key) === name);
      const histograms = [...this.#histograms].filter(([key]) => nameOf(key) === name);
      if (counters.length + histograms.length === 0) continue;
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${histograms.length > 0 ? "histogram" : "counter"}`);
      for (const [key, value] of counters) lines.push(`${key} ${String(value)}`);
      for (const [key, histogram] of histograms) lines.push(...histogramLines(key, histogram));
    }
    return `${lines.join("\n")}\n`;
  }
}

function keyOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/[\\"\n]/g, "_")}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function nameOf(key: string): string {
  return key.replace(/\{.*$/, "");
}

function histogramLines(key: string, { counts, sum, count }: Histogram): string[] {
  const name = nameOf(key);
  const labels = key.slice(name.length).replace(/^\{|\}$/g, "");
  const with_ = (more: string): string => `{${[labels, more].filter((one) => one !== "").join(",")}}`;
  const plain = labels === "" ? "" : `{${labels}}`;
  return [
    ...BUCKETS.map((end, at) => `${name}_bucket${with_(`le="${String(end)}"`)} ${String(counts[at] ?? 0)}`),
    `${name}_bucket${with_('le="+Inf"')} ${String(count)}`,
    `${name}_sum${plain} ${String(sum)}`,
    `${name}_count${plain} ${String(count)}`,
  ];
}
