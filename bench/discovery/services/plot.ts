/** Curves over time as an SVG: how long calls take, on a scale by powers of ten, and below how many fail. */
import { quantile, type Second } from './course.ts';

export interface Curve {
  readonly name: string;
  readonly seconds: readonly Second[];
}

const colours = ['#d9480f', '#9aa4b2', '#2f6fde'];
const width = 760;
const left = 64;
const right = 20;
const panelHeight = 170;
const height = 60 + 2 * (panelHeight + 60);
const decades = [1, 10, 100, 1_000, 10_000];

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly marks: readonly { readonly share: number; readonly text: string }[];
  /** From 0, at the bottom, to 1. */
  readonly share: (second: Second) => number;
}

export function plot(title: string, curves: readonly Curve[]): string {
  const seconds = curves[0]?.seconds ?? [];
  const failedMost = Math.max(10, ...curves.flatMap((curve) => curve.seconds.map(({ failed }) => failed)));
  const panels: readonly Panel[] = [
    {
      title: 'time that 99 of 100 calls take at most',
      top: 60,
      marks: decades.map((ms) => ({ share: onScale(ms), text: ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s` })),
      share: ({ latenciesMs }) => onScale(quantile(latenciesMs, 0.99)),
    },
    {
      title: 'calls that fail',
      top: 60 + panelHeight + 60,
      marks: [
        { share: 0, text: '0' },
        { share: 1, text: `${failedMost} /s` },
      ],
      share: ({ failed }) => failed / failedMost,
    },
  ];
  const legend = curves.map(
    ({ name }, place) =>
      `<text x="${left + place * 220}" y="${height - 12}" fill="${colours[place]}" font-weight="bold">${name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title><rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${left}" y="24" font-size="15">${title}</text>`,
    ...panels.map((panel) => panelText(panel, curves, seconds)),
    `${legend.join('')}</svg>\n`,
  ].join('');
}

function onScale(ms: number): number {
  return Math.min(1, Math.max(0, Math.log10(ms) / Math.log10(decades.at(-1) as number)));
}

function panelText(
  { title, top, marks, share }: Panel,
  curves: readonly Curve[],
  seconds: readonly Second[],
): string {
  const x = (second: number): number => left + (second * (width - left - right)) / seconds.length;
  const y = (part: number): number => top + panelHeight * (1 - part);
  const lines = curves.map(({ seconds: own }, place) => {
    const points = own.map((second, at) => `${x(at + 0.5).toFixed(1)},${y(share(second)).toFixed(1)}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[place]}" stroke-width="2"/>`;
  });
  const scale = marks.map(
    (mark) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(mark.share)}" y2="${y(mark.share)}" stroke="#eee"/>` +
      `<text x="${left - 6}" y="${y(mark.share) + 4}" text-anchor="end">${mark.text}</text>`,
  );
  return [
    `<text x="${left}" y="${top - 8}">${title}</text>`,
    ...scale,
    ...phaseMarks(seconds, x, top),
    `<rect x="${left}" y="${top}" width="${width - left - right}" height="${panelHeight}" fill="none" stroke="#ccc"/>`,
    ...lines,
  ].join('');
}

function phaseMarks(
  seconds: readonly Second[],
  x: (second: number) => number,
  top: number,
): readonly string[] {
  return seconds.flatMap(({ phase }, at) =>
    phase === seconds[at - 1]?.phase
      ? []
      : [
          `<line x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${top + panelHeight}" stroke="#bbb" stroke-dasharray="3"/>`,
          `<text x="${x(at) + 4}" y="${top + 14}" fill="#888">${phase}</text>`,
        ],
  );
}
