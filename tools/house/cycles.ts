/**
 * No import cycles, types included: files of a cycle can only be understood, tested and moved together. Each
 * knot is reported once, by its shortest cycle.
 */
import { resolveImport } from './imports.ts';
import { scan } from './scan.ts';
import { type Finding, isCode, type SourceFile } from './source-file.ts';

/** Who imports whom, and on which line. */
type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const graph = importGraph(files);
  const found: Finding[] = [];
  const reported = new Set<string>();
  for (const path of graph.keys()) {
    if (reported.has(path)) continue;
    const cycle = shortestCycle(graph, path);
    if (cycle === undefined) continue;
    for (const member of knot(graph, path)) reported.add(member);
    found.push({
      path,
      line: graph.get(path)?.get(cycle[1] as string) ?? 1,
      problem: `import cycle: ${cycle.join(' → ')}`,
      remedy: 'move what both sides need into a third file below them, or pass it in as an argument',
    });
  }
  return found;
}

function importGraph(files: readonly SourceFile[]): Graph {
  const graph = new Map<string, Map<string, number>>();
  for (const file of files) {
    if (isCode(file.path)) graph.set(file.path, new Map());
  }
  for (const file of files) {
    const edges = graph.get(file.path);
    if (edges === undefined) continue;
    for (const { specifier, line } of scan(file).imports) {
      const target = resolveImport(file.path, specifier);
      if (target !== undefined && graph.has(target) && !edges.has(target)) edges.set(target, line);
    }
  }
  return graph;
}

/** From `start` back to `start`, both ends included; breadth first, so nothing shorter exists. */
function shortestCycle(graph: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of graph.get(path)?.keys() ?? []) {
      if (next === start) return trail(cameFrom, start, path);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return undefined;
}

function trail(cameFrom: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const cycle = [start];
  for (let path = last; path !== start; path = cameFrom.get(path) as string) cycle.push(path);
  cycle.push(start);
  return cycle.reverse();
}

/** Everything that both reaches `start` and is reached from it. */
function knot(graph: Graph, start: string): string[] {
  const ahead = reachable(graph, start);
  return [...ahead].filter((path) => reachable(graph, path).has(start));
}

function reachable(graph: Graph, start: string): Set<string> {
  const seen = new Set<string>([start]);
  for (const path of seen) {
    for (const next of graph.get(path)?.keys() ?? []) seen.add(next);
  }
  return seen;
}
