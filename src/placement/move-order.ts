/**
 * In which order pieces move, so that no node holds more than its bound at any time. Whoever receives holds a piece
 * from the start of the move, whoever gives until its end. Passes go over all pairs of nodes, and each pair moves
 * what the receiver has room for.
 *
 * That ends. Suppose that no node which still expects a piece has any room: each then holds more than it will in the
 * end. What is still to move goes to these nodes only, so together they can but gain, yet in the end they have to
 * hold less. So there is always room somewhere, and only a piece that is too big for it, and cannot be divided, is
 * refused.
 */
import { invalidOption } from '../base/index.ts';
import type { Arc, Comparison, Piece } from './pieces.ts';

/** What moves in one step; sizes in units of the comparison. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly pieces: readonly Piece[];
}

interface Pair {
  readonly from: string;
  readonly to: string;
  /** Still to move, the next one last. */
  readonly left: Piece[];
}

const positions = 0x1_0000_0000;

/** The steps, if a node may hold `bound` times the greater of what it has before and after. */
export function orderedSteps(comparison: Comparison, bound: number): Step[] {
  const loads = new Map(comparison.before);
  const limits = limitsOf(comparison, bound);
  const roomOf = (id: string): number => (limits.get(id) ?? 0) - (loads.get(id) ?? 0);
  const steps: Step[] = [];
  const take = ({ from, to }: Pair, pieces: readonly Piece[]): void => {
    const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
    loads.set(to, (loads.get(to) ?? 0) + size);
    loads.set(from, (loads.get(from) ?? 0) - size);
    steps.push({ from, to, size, pieces });
  };
  let pairs = pairsOf(comparison.pieces);
  while (pairs.length > 0) {
    const before = steps.length;
    for (const pair of pairs) {
      const fitting = takeFitting(pair.left, roomOf(pair.to));
      if (fitting.length > 0) take(pair, fitting);
    }
    if (steps.length === before) {
      const pair = divisible(pairs, roomOf);
      if (pair === undefined) throw tooTight(pairs, comparison, bound);
      take(pair, [takePart(pair.left, Math.floor(roomOf(pair.to)))]);
    }
    pairs = pairs.filter(({ left }) => left.length > 0);
  }
  return steps;
}

/** Sums of fractions stray in their last bits, by which a limit must not be missed. */
const slack = 1e-9;

function limitsOf({ before, after, whole }: Comparison, bound: number): Map<string, number> {
  const limits = new Map<string, number>();
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    limits.set(id, bound * Math.max(before.get(id) ?? 0, after.get(id) ?? 0) + slack * whole);
  }
  return limits;
}

/** By name, so that the order is the same everywhere. */
function pairsOf(pieces: readonly Piece[]): Pair[] {
  const byNames = new Map<string, Map<string, Piece[]>>();
  for (const piece of pieces) {
    const receivers = byNames.get(piece.from) ?? new Map<string, Piece[]>();
    byNames.set(piece.from, receivers);
    const waiting = receivers.get(piece.to);
    if (waiting === undefined) receivers.set(piece.to, [piece]);
    else waiting.push(piece);
  }
  const pairs: Pair[] = [];
  for (const from of [...byNames.keys()].sort()) {
    const receivers = byNames.get(from) as Map<string, Piece[]>;
    for (const to of [...receivers.keys()].sort()) {
      pairs.push({ from, to, left: (receivers.get(to) as Piece[]).reverse() });
    }
  }
  return pairs;
}

function takeFitting(left: Piece[], room: number): Piece[] {
  const taken: Piece[] = [];
  let size = 0;
  for (let next = left.at(-1); next !== undefined && size + next.size <= room; next = left.at(-1)) {
    size += next.size;
    taken.push(next);
    left.pop();
  }
  return taken;
}

function divisible(pairs: readonly Pair[], roomOf: (id: string) => number): Pair | undefined {
  return pairs.find(({ to, left }) => left.at(-1)?.arc !== undefined && roomOf(to) >= 1);
}

/** The first `size` positions of the next arc; the rest of it stays. */
function takePart(left: Piece[], size: number): Piece {
  const piece = left.pop() as Piece;
  const { after, through } = piece.arc as Arc;
  const middle = (after + size) % positions;
  left.push({ ...piece, size: piece.size - size, arc: { after: middle, through } });
  return { ...piece, size, arc: { after, through: middle } };
}

function tooTight(pairs: readonly Pair[], { before, after }: Comparison, bound: number): Error {
  const needed = pairs.map(({ to, left }) => {
    const least = Math.max(before.get(to) ?? 0, after.get(to) ?? 0);
    return 1 + (left.at(-1)?.size ?? 0) / least;
  });
  const least = Math.min(...needed).toFixed(3);
  return invalidOption(
    'bound',
    bound,
    `about ${least} or more: a piece that cannot be divided finds no room`,
  );
}
