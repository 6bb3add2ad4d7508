/** Curves over time as an SVG: one panel for what callers see, one for what the upstream bears, phases behind both. */
import type { Second } from './driver.ts';
import { callsPerSecond } from './upstream.ts';

export interface Curve {
  readonly name: string;
  readonly seconds: readonly Second[];
}

const colours = ['#9aa4b2', '#d9480f', '#7048e8', '#2f6fde'];
const width = 760;
const left = 60;
const right = 20;
const panelHeight = 170;

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly most: number;
  readonly unit: string;
  readonly value: (second: Second) => number;
}

export function plot(title: string, curves: readonly Curve[]): string {
  const [first] = curves;
  if (first === undefined) return '';
  const loadMost = Math.max(...curves.flatMap(({ seconds }) => seconds.map(({ received }) => received)));
  const panels: readonly Panel[] = [
    {
      title: 'calls that succeed',
      top: 60,
      most: 100,
      unit: '%',
      value: (one) => (100 * one.succeeded) / one.begun,
    },
    {
      title: 'requests that the upstream receives',
      top: 60 + panelHeight + 60,
      most: Math.ceil(loadMost / callsPerSecond) * callsPerSecond,
      unit: '/s',
      value: ({ received }) => received,
    },
  ];
  const height = 60 + 2 * (panelHeight + 60);
  const legend = curves.map(
    ({ name }, place) =>
      `<text x="${left + place * 170}" y="${height - 12}" fill="${colours[place]}" font-weight="bold">${name}</text>`,
  );
  const body = panels.map((panel) => panelText(panel, curves, first.seconds)).join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title><rect width="${width}" height="${height}" fill="white"/><text x="${left}" y="24" font-size="15">${title}</text>`,
    `${body}${legend.join('')}</svg>\n`,
  ].join('');
}

function panelText(panel: Panel, curves: readonly Curve[], seconds: readonly Second[]): string {
  const { title, top, most, unit, value } = panel;
  const x = (second: number): number => left + (second * (width - left - right)) / seconds.length;
  const y = (share: number): number => top + panelHeight * (1 - share / most);
  const lines = curves.map(({ seconds: own }, place) => {
    const points = own
      .map((second, at) => `${x(at + 0.5).toFixed(1)},${y(value(second)).toFixed(1)}`)
      .join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colours[place]}" stroke-width="2"/>`;
  });
  return [
    `<text x="${left}" y="${top - 8}">${title}</text>`,
    ...phaseMarks(seconds, x, top),
    `<text x="${left - 6}" y="${top + 10}" text-anchor="end">${most} ${unit}</text>`,
    `<text x="${left - 6}" y="${top + panelHeight}" text-anchor="end">0</text>`,
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
          `<text x="${x(at) + 4}" y="${top + panelHeight - 6}" fill="#888">${phase}</text>`,
        ],
  );
}
