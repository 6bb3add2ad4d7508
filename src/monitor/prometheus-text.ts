/** The text form in which Prometheus reads metrics (version 0.0.4): families with help and type, samples with labels. */

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  /** What stands behind the family's name, as `_bucket` does. Default: nothing. */
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export interface MetricFamily<Source> {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One sentence, for people. */
  readonly help: string;
  readonly samples: (source: Source) => readonly Sample[];
}

/** Families without a sample are left out. */
export function prometheusText<Source>(families: readonly MetricFamily<Source>[], source: Source): string {
  let text = '';
  for (const { name, type, help, samples } of families) {
    const lines = samples(source).map((sample) => sampleLine(name, sample));
    if (lines.length > 0)
      text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
  }
  return text;
}

function sampleLine(name: string, { suffix = '', labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(String(text))}"`);
  return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
