/**
 * The rule of floors and doors. Floors: a room imports only rooms below it, or through a side door that the
 * table names. Doors: from outside, a folder is entered by its `index.ts` only, so that what lies behind may
 * change; a room's own tests and benchmarks may open its inner files, since they change with them.
 */
import { type Room, roomOf, rooms, type SideDoor, sideDoors } from './floors.ts';
import { resolveImport } from './imports.ts';
import { scan } from './scan.ts';
import { type Finding, folderOf, isCode, type SourceFile } from './source-file.ts';

export interface Layers {
  readonly rooms: readonly Room[];
  readonly sideDoors: readonly SideDoor[];
}

export function checkLayering(
  files: readonly SourceFile[],
  layers: Layers = { rooms, sideDoors },
): Finding[] {
  const code = files.filter(({ path }) => isCode(path));
  return [...unknownRooms(code, layers), ...code.flatMap((file) => checkImports(file, layers))];
}

function unknownRooms(code: readonly SourceFile[], layers: Layers): Finding[] {
  const found = new Map<string, Finding>();
  for (const { path } of code) {
    if (!path.startsWith('src/') || roomOf(path, layers.rooms) !== undefined) continue;
    const folder = path.split('/').slice(0, 2).join('/');
    if (found.has(folder)) continue;
    found.set(folder, {
      path,
      line: 1,
      problem: `${folder} is no room of this house`,
      remedy: 'move the file into a room, or give the folder a floor in tools/house/floors.ts',
    });
  }
  return [...found.values()];
}

function checkImports(file: SourceFile, layers: Layers): Finding[] {
  const found: Finding[] = [];
  for (const { specifier, line } of scan(file).imports) {
    const target = resolveImport(file.path, specifier);
    if (target === undefined) continue;
    const breach = floorBreach(file.path, target, layers) ?? doorBreach(file.path, target);
    if (breach !== undefined) found.push({ path: file.path, line, ...breach });
  }
  return found;
}

type Breach = Pick<Finding, 'problem' | 'remedy'>;

function floorBreach(path: string, target: string, layers: Layers): Breach | undefined {
  if (!path.startsWith('src/')) return undefined;
  if (!target.startsWith('src/')) {
    return {
      problem: `the product imports ${target}, which is not published`,
      remedy: 'move what is needed into a room under src/',
    };
  }
  const from = roomOf(path, layers.rooms);
  const to = roomOf(target, layers.rooms);
  if (from === undefined || to === undefined || from === to || to.floor < from.floor) return undefined;
  if (layers.sideDoors.some((door) => door.from === from.path && door.to === to.path)) return undefined;
  const relation = to.floor === from.floor ? 'on the same floor' : 'on a higher floor';
  return {
    problem: `${from.path} (floor ${from.floor}) imports ${target}, ${relation} (${to.floor})`,
    remedy: `pass in what is needed from above, or move it below both; ${from.path} must work without ${to.path}`,
  };
}

function doorBreach(path: string, target: string): Breach | undefined {
  const folder = folderOf(target);
  const isInside = path.startsWith(`${folder}/`);
  if (!target.startsWith('src/') || isInside || folder === 'src') return undefined;
  if (target.endsWith('/index.ts') || isOwnRoomTest(path, target)) return undefined;
  return {
    problem: `${target} is an inner file of ${folder}`,
    remedy: `import from ${folder}/index.ts; when it does not export this, decide whether it should`,
  };
}

/** `test/raft/…` and `bench/raft/…` belong to `src/raft`. */
function isOwnRoomTest(path: string, target: string): boolean {
  const [top, room] = path.split('/');
  return (top === 'test' || top === 'bench') && room === target.split('/')[1];
}
