/** Medians over the rounds, as lines for programs, as bars for people, and as a picture. */
import type { Case, Rival } from './cases.ts';
import type { Outcome } from './job.ts';

/** What came of one round. */
export interface Round extends Outcome {
  /** Processor time that all nodes together took for one request. */
  readonly processorUs: number;
}

/** What one server reached in a case. */
export interface Figures {
  readonly operationsPerSecond: number;
  readonly p99Us: number;
  readonly processorUs: number;
}

interface RivalFigures extends Figures {
  readonly rival: Rival;
}

export interface CaseReport {
  readonly subject: Case;
  readonly rounds: number;
  readonly ours: Figures;
  readonly rivals: readonly RivalFigures[];
}

const barCells = 40;

export function figuresOf(outcomes: readonly Round[]): Figures {
  return {
    operationsPerSecond: median(outcomes.map(({ operationsPerSecond }) => operationsPerSecond)),
    p99Us: median(outcomes.map(({ p99Us }) => p99Us)),
    processorUs: median(outcomes.map(({ processorUs }) => processorUs)),
  };
}

/** One line for each peer; one without a peer where none was there. */
export function jsonLines({ subject, rounds, ours, rivals }: CaseReport): readonly string[] {
  const own = {
    bench: 'cluster',
    case: subject.name,
    ours: Math.round(ours.operationsPerSecond),
    unit: 'ops/s',
    p99Us: ours.p99Us,
  };
  if (rivals.length === 0) return [JSON.stringify({ ...own, rounds })];
  return rivals.map((theirs) =>
    JSON.stringify({
      ...own,
      peer: theirs.rival.loader === 'etcd3' ? 'etcd3' : theirs.rival.peer,
      theirs: Math.round(theirs.operationsPerSecond),
      theirsP99Us: theirs.p99Us,
      ratio: Number(ratioOf(ours, theirs).toFixed(2)),
      rounds,
    }),
  );
}

export function textLines({ subject, ours, rivals }: CaseReport): readonly string[] {
  const most = Math.max(...[ours, ...rivals].map(({ operationsPerSecond }) => operationsPerSecond));
  const line = (name: string, figures: Figures, verdict: string): string => {
    const { operationsPerSecond, p99Us, processorUs } = figures;
    const rate = Math.round(operationsPerSecond).toLocaleString('en').padStart(9);
    const p99 = (p99Us / 1000).toFixed(2).padStart(8);
    const bar = '█'.repeat(Math.max(1, Math.round((operationsPerSecond / most) * barCells)));
    const processor = processorUs.toFixed(0).padStart(4);
    return `  ${name.padEnd(14)}${rate} /s  p99${p99} ms ${processor} µs of CPU  ${bar}${verdict}`;
  };
  return [
    `${subject.name}: ${subject.what}`,
    line('quorate', ours, ''),
    ...rivals.map((theirs) => line(theirs.rival.loader, theirs, `  ${verdictOf(ours, theirs)}`)),
  ];
}

/** Bars by case; widths are in relation to the fastest of each. */
export function svgOf(reports: readonly CaseReport[]): string {
  const rows = reports.flatMap(({ subject, ours, rivals }) => {
    const most = Math.max(...[ours, ...rivals].map(({ operationsPerSecond }) => operationsPerSecond));
    const row = (label: string, { operationsPerSecond }: Figures, fill: string): SvgRow => ({
      label,
      share: operationsPerSecond / most,
      text: `${Math.round(operationsPerSecond).toLocaleString('en')} /s`,
      fill,
    });
    return [
      { label: subject.name, share: 0, text: '', fill: 'none' },
      row('quorate', ours, '#2f6fde'),
      ...rivals.map((theirs) => row(theirs.rival.loader, theirs, '#9aa4b2')),
    ];
  });
  const lines = rows.map(({ label, share, text, fill }, place) => {
    const y = 20 + place * 20;
    const width = Math.round(share * 420);
    const weight = share === 0 ? ' font-weight="bold"' : '';
    return [
      `<text x="10" y="${y + 12}"${weight}>${label}</text>`,
      `<rect x="170" y="${y}" width="${width}" height="15" fill="${fill}"/>`,
      `<text x="${176 + width}" y="${y + 12}">${text}</text>`,
    ].join('');
  });
  const height = 40 + rows.length * 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="${height}" font-family="sans-serif" font-size="12"><rect width="720" height="${height}" fill="white"/>${lines.join('')}</svg>\n`;
}

interface SvgRow {
  readonly label: string;
  readonly share: number;
  readonly text: string;
  readonly fill: string;
}

/** Above 1: we are ahead. */
function ratioOf(ours: Figures, theirs: Figures): number {
  return ours.operationsPerSecond / theirs.operationsPerSecond;
}

function verdictOf(ours: Figures, theirs: RivalFigures): string {
  const { ratioLeast, p99ShareMost } = theirs.rival;
  const ratio = ratioOf(ours, theirs);
  const p99Share = ours.p99Us / theirs.p99Us;
  const wanted = ratioLeast === undefined ? '' : ` (wanted ${ratioLeast}${mark(ratio >= ratioLeast)})`;
  const p99Wanted =
    p99ShareMost === undefined
      ? ''
      : `, p99 ${p99Share.toFixed(2)} of theirs (wanted ${p99ShareMost.toFixed(2)}${mark(p99Share <= p99ShareMost)})`;
  return `${ratio.toFixed(2)} ×${wanted}${p99Wanted}`;
}

function mark(isReached: boolean): string {
  return isReached ? ' ✓' : ' ✗';
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}
