/**
 * Who may touch the machine. The simulator replays a whole cluster from one number, and that holds only while
 * no line below the real ports asks the machine for time, randomness or a turn of the event loop behind the
 * simulator's back. Cores go further: nothing asynchronous, so that one call is one step.
 */
import { harmlessNodeModules, type Room, type RoomKind, roomOf, rooms } from './floors.ts';
import { type Import, resolveImport } from './imports.ts';
import { scan } from './scan.ts';
import { type Finding, isCode, type SourceFile } from './source-file.ts';
import type { Token } from './tokens.ts';

interface Ban {
  readonly why: string;
  readonly remedy: string;
  readonly kinds: readonly RoomKind[];
}

const everywhere: readonly RoomKind[] = ['ground', 'core', 'shell'];
const belowShells: readonly RoomKind[] = ['ground', 'core'];

const time: Ban = {
  why: 'reads the time of the machine',
  remedy: 'take `now` as an argument in a core, a Clock from src/ports in a shell',
  kinds: everywhere,
};
const timer: Ban = {
  why: 'starts a timer of the machine',
  remedy: 'count ticks in a core, use the timers of the Clock port in a shell',
  kinds: everywhere,
};
const chance: Ban = {
  why: 'takes randomness from the machine',
  remedy: 'take a seeded Prng in a core, the Random port in a shell',
  kinds: everywhere,
};
const host: Ban = {
  why: 'belongs to the host, not to the language',
  remedy: 'return a value that says what to do, and let a shell do it through a port',
  kinds: belowShells,
};
const later: Ban = {
  why: 'makes a core asynchronous',
  remedy: 'return what to do next as a value; the shell that drives the core waits',
  kinds: ['core'],
};

const banned: ReadonlyMap<string, Ban> = new Map([
  ['Date', time],
  ['performance', time],
  ['setTimeout', timer],
  ['setInterval', timer],
  ['setImmediate', timer],
  ['crypto', chance],
  ['Buffer', host],
  ['console', host],
  ['fetch', host],
  ['globalThis', host],
  ['process', host],
  ['queueMicrotask', host],
  ['Promise', later],
  ['async', later],
  ['await', later],
]);

/** Members of objects that are harmless otherwise. */
const bannedMembers: ReadonlyMap<string, Ban> = new Map([
  ['Math.random', chance],
  ['AbortSignal.timeout', timer],
]);

/** Host names that are also good names for a variable of one's own. */
const oftenLocal = new Set(['process', 'performance', 'console', 'fetch', 'crypto']);

export function checkPurity(files: readonly SourceFile[], table: readonly Room[] = rooms): Finding[] {
  const found: Finding[] = [];
  for (const file of files) {
    const room = isCode(file.path) ? roomOf(file.path, table) : undefined;
    if (room === undefined || room.kind === 'machine') continue;
    for (const one of scan(file).imports) pushImport(found, file, room, one);
    pushNames(found, file, room);
  }
  return found;
}

function pushImport(found: Finding[], file: SourceFile, room: Room, one: Import): void {
  const target = resolveImport(file.path, one.specifier);
  if (target === undefined) {
    const isNode = one.specifier.startsWith('node:');
    const isAllowed = isNode ? harmlessNodeModules.includes(one.specifier) : true;
    if (room.kind === 'shell' && isAllowed) return;
    found.push({
      path: file.path,
      line: one.line,
      problem: `${room.path} is a ${room.kind} room and imports ${one.specifier}`,
      remedy: 'reach the machine through a port of src/ports; real ports live in src/ports/real',
    });
  } else if (room.kind === 'core' && target.startsWith('src/ports/') && !one.typeOnly) {
    found.push({
      path: file.path,
      line: one.line,
      problem: `${room.path} is a core and imports values from ${target}`,
      remedy: 'write `import type`: a core knows the shape of a port, a shell holds the port itself',
    });
  }
}

function pushNames(found: Finding[], file: SourceFile, room: Room): void {
  const { tokens } = scan(file);
  const declared = new Set([...oftenLocal].filter((name) => isDeclared(tokens, name)));
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    if (token.kind !== 'word') continue;
    const member = memberAt(tokens, index);
    const isMember = bannedMembers.has(member);
    const ban = isMember ? bannedMembers.get(member) : banned.get(token.text);
    if (ban?.kinds.includes(room.kind) !== true || declared.has(token.text)) continue;
    if (!isReference(tokens, index)) continue;
    // `globalThis.Date` is told by its second half.
    if (token.text === 'globalThis' && tokens[index + 1]?.text === '.') continue;
    const name = isMember ? member : token.text;
    const problem = `${name} ${ban.why}, and ${room.path} is a ${room.kind} room`;
    found.push({ path: file.path, line: token.line, problem, remedy: ban.remedy });
  }
}

/** `Math.random` for the token `Math` in front of it; otherwise nothing. */
function memberAt(tokens: readonly Token[], index: number): string {
  return tokens[index + 1]?.text === '.' ? `${tokens[index]?.text}.${tokens[index + 2]?.text}` : '';
}

const languageWords = new Set(['async', 'await']);

/** Not a property, a key, or the name of a method that is declared here. */
function isReference(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  const after = tokens[index + 1];
  if (before === '.' || before === '?.') return tokens[index - 2]?.text === 'globalThis';
  if (before === '?' || languageWords.has(tokens[index]?.text ?? '')) return after?.text !== ':';
  if (after?.text === ':' || (after?.text === '?' && tokens[index + 2]?.text === ':')) return false;
  if (after?.text !== '(') return true;
  const behind = tokens[after.partner + 1]?.text;
  return behind !== ':' && behind !== '{';
}

const declaringWords = new Set(['const', 'let', 'class', 'function', 'interface', 'type']);

/** Whether the file has a variable, parameter or import called `name`. */
function isDeclared(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token, index) => {
    if (token.kind !== 'word' || token.text !== name) return false;
    const before = tokens[index - 1]?.text ?? '';
    const after = tokens[index + 1]?.text ?? '';
    if (declaringWords.has(before) || after === '=>' || isDestructured(tokens, index)) return true;
    if (before !== '(' && before !== ',') return false;
    const close = tokens[tokens[index]?.owner ?? -1]?.partner ?? -1;
    return after === ':' || tokens[close + 1]?.text === '=>';
  });
}

/** `const { name } =` or `import { name } from`. */
function isDestructured(tokens: readonly Token[], index: number): boolean {
  const owner = tokens[index]?.owner ?? -1;
  const before = tokens[owner - 1]?.text ?? '';
  return tokens[owner]?.text === '{' && ['const', 'let', 'import', 'type'].includes(before);
}
