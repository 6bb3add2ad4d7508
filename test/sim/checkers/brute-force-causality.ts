/**
 * Judges of judges for consistency below linearizability: each is the definition itself, tried on every order
 * there is. For tiny histories of registers whose values all differ and whose outcomes are all known.
 */
import type { Model } from '../../../src/sim/checkers/index.ts';
import type { Operation } from '../../../src/sim/history/index.ts';

type Before = (earlier: Operation, later: Operation) => boolean;

/** Lamport 1979: one order of everything that keeps each process's order. */
export function bruteForceSequential(operations: readonly Operation[]): boolean {
  return someOrder(operations, sameProcess, (order) => explains(order, order));
}

/** The same for any objects, with answers lost: one order in which each key's model gives every answer. */
export function bruteForceSequentialObjects<State>(
  model: Model<State>,
  operations: readonly Operation[],
  states: ReadonlyMap<Operation['key'], State> = new Map(),
): boolean {
  const left = operations.filter(({ outcome }) => outcome !== 'not-applied');
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  return left.some((next) => {
    if (left.some((other) => other !== next && sameProcess(other, next))) return false;
    const state = model.step(states.get(next.key) ?? model.initial(), next);
    if (state === undefined) return false;
    const rest = left.filter((other) => other !== next);
    return bruteForceSequentialObjects(model, rest, new Map(states).set(next.key, state));
  });
}

/** Every read is explained by some order of what is in its causal past. */
export function bruteForceCausal(operations: readonly Operation[]): boolean {
  const causes = causalOrder(operations);
  if (causes === undefined) return false;
  return operations.every((read) => {
    if (read.f !== 'read') return true;
    const past = operations.filter((other) => other === read || causes(other, read));
    return someOrder(past, causes, (order) => explains(order, [read]));
  });
}

/** Ahamad et al. 1995: for each process an order of its operations and all writes that explains its reads. */
export function bruteForceCausalMemory(operations: readonly Operation[]): boolean {
  const causes = causalOrder(operations);
  if (causes === undefined) return false;
  return processes(operations).every((process) => {
    const own = operations.filter((operation) => operation.process === process);
    const seen = operations.filter((operation) => operation.f === 'write' || operation.process === process);
    return someOrder(seen, causes, (order) => explains(order, own));
  });
}

/** One order of everything, of which each read sees the part in its causal past. */
export function bruteForceConvergent(operations: readonly Operation[]): boolean {
  const causes = causalOrder(operations);
  if (causes === undefined) return false;
  return someOrder(operations, causes, (order) =>
    operations.every((read) =>
      explains(
        order.filter((other) => other === read || causes(other, read)),
        [read],
      ),
    ),
  );
}

/** For each process an order of the versions of each key that keeps all four session guarantees. */
export function bruteForceSessions(operations: readonly Operation[]): boolean {
  const written = new Set(
    operations.filter(({ f }) => f === 'write').map(({ key, input }) => `${key}=${input}`),
  );
  const thinAir = operations.some(
    ({ f, key, output }) => f === 'read' && output !== null && !written.has(`${key}=${output}`),
  );
  if (thinAir) return false;
  return processes(operations).every((process) =>
    [...new Set(operations.map(({ key }) => key))].every((key) => {
      const onKey = operations.filter((operation) => operation.key === key);
      const writes = onKey.filter(({ f }) => f === 'write');
      return someOrder(
        writes,
        () => false,
        (order) => keepsSessions(order, onKey, process),
      );
    }),
  );
}

/**
 * Causal memory as Bouajjani et al. define it: for each process the least relation that holds the causal order
 * of its past and puts every write that comes before a read before the write that the read saw. For histories
 * too long to try every order; the relation is a plain table, closed again after each addition.
 */
export function fixedPointCausalMemory(operations: readonly Operation[]): boolean {
  const causes = causalOrder(operations);
  if (causes === undefined) return false;
  return processes(operations).every((process) => {
    const last = operations.findLast((operation) => operation.process === process) as Operation;
    const past = operations.filter((operation) => operation === last || causes(operation, last));
    const table = past.map((earlier) => past.map((later) => causes(earlier, later)));
    while (orderOverwritten(past, table, process)) close(table);
    const reads = past.filter(({ f, process: by }) => f === 'read' && by === process);
    if (table.some((row, place) => row[place])) return false;
    return reads.every(
      (read) =>
        read.output !== null ||
        past.every(
          (write, place) =>
            write.f !== 'write' || write.key !== read.key || !table[place]?.[past.indexOf(read)],
        ),
    );
  });
}

/** Adds what the reads of the process say; true where that was new. */
function orderOverwritten(past: readonly Operation[], table: boolean[][], process: number): boolean {
  let added = false;
  for (const [at, read] of past.entries()) {
    if (read.f !== 'read' || read.process !== process) continue;
    const source = past.findIndex(
      ({ f, key, input }) => f === 'write' && key === read.key && input === read.output,
    );
    if (source < 0) continue;
    for (const [place, write] of past.entries()) {
      if (write.f !== 'write' || write.key !== read.key || place === source) continue;
      const row = table[place] as boolean[];
      if (!row[at] || row[source]) continue;
      row[source] = true;
      added = true;
    }
  }
  return added;
}

function close(table: boolean[][]): void {
  for (const [middle, through] of table.entries())
    for (const row of table)
      if (row[middle]) for (const [to, reached] of through.entries()) if (reached) row[to] = true;
}

function keepsSessions(order: readonly Operation[], onKey: readonly Operation[], process: number): boolean {
  const versionOf = ({ f, input, output }: Operation): number => {
    const value = f === 'write' ? input : output;
    return value === null ? -1 : order.findIndex((write) => write.input === value);
  };
  for (const [place, later] of onKey.entries()) {
    for (const earlier of onKey.slice(0, place)) {
      if (earlier.process !== later.process) continue;
      if (later.f === 'read' && later.process !== process) continue;
      if (versionOf(earlier) > versionOf(later)) return false;
    }
  }
  return true;
}

function processes(operations: readonly Operation[]): readonly number[] {
  return [...new Set(operations.map(({ process }) => process))];
}

function sameProcess(earlier: Operation, later: Operation): boolean {
  return earlier.process === later.process && earlier.invokeAt < later.invokeAt;
}

/** Process order and reads-from, closed; `undefined` where it is cyclic or a read has no write. */
function causalOrder(operations: readonly Operation[]): Before | undefined {
  const reach = operations.map((earlier) =>
    operations.map(
      (later) =>
        sameProcess(earlier, later) ||
        (earlier.f === 'write' &&
          later.f === 'read' &&
          earlier.key === later.key &&
          earlier.input === later.output),
    ),
  );
  close(reach);
  if (operations.some((_, place) => reach[place]?.[place])) return undefined;
  return (earlier, later) => reach[operations.indexOf(earlier)]?.[operations.indexOf(later)] ?? false;
}

/** Whether each of `reads` sees the last write to its key before it in `order`. */
function explains(order: readonly Operation[], reads: readonly Operation[]): boolean {
  const values = new Map<Operation['key'], Operation['output']>();
  return order.every((operation) => {
    if (operation.f === 'write') values.set(operation.key, operation.input);
    return (
      operation.f !== 'read' ||
      !reads.includes(operation) ||
      (values.get(operation.key) ?? null) === operation.output
    );
  });
}

function someOrder(
  left: readonly Operation[],
  before: Before,
  accept: (order: readonly Operation[]) => boolean,
  order: readonly Operation[] = [],
): boolean {
  if (left.length === 0) return accept(order);
  return left.some((next) => {
    if (left.some((other) => other !== next && before(other, next))) return false;
    return someOrder(
      left.filter((other) => other !== next),
      before,
      accept,
      [...order, next],
    );
  });
}
