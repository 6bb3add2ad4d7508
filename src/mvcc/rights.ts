/**
 * Whether somebody may do what a command asks for. Rights are over prefixes; a range is allowed when every key
 * that could ever lie in it is, by one right or by several that adjoin. So it does not depend on which keys there
 * are, and a refusal tells nothing about them.
 */
import type { Command, CommandBody, Compare, KeyRange, Operation } from './commands.ts';
import { compareKeys } from './ranges.ts';
import type { Permission } from './security-format.ts';

/** What a refusal says was missing. */
export const missingRights = { read: 1, write: 2, admin: 3, lease: 4, root: 5 } as const;
export type MissingRight = keyof typeof missingRights;

/** From `start` up to and without `end`; an empty `end` means no upper bound. */
interface Span {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** What somebody may do, made of all roles together. */
export class Rights {
  readonly isAdmin: boolean;
  readonly #reads: readonly Span[];
  readonly #writes: readonly Span[];

  constructor(permissions: readonly Permission[]) {
    this.isAdmin = permissions.some(({ access }) => access === 'admin');
    this.#reads = spansOf(permissions, ['read', 'read-write']);
    this.#writes = spansOf(permissions, ['write', 'read-write']);
  }

  mayRead(range: KeyRange): boolean {
    return covers(this.#reads, range);
  }

  mayWrite(range: KeyRange): boolean {
    return covers(this.#writes, range);
  }
}

/** Whose a lease or session is. */
export type OwnsLease = (lease: number) => boolean;

/** The right that is missing for this command; `undefined`: it may be carried out. */
export function missingFor(
  { session, fences, body }: Command,
  rights: Rights,
  owns: OwnsLease,
): MissingRight | undefined {
  if (session !== undefined && !owns(session.session)) return 'lease';
  for (const { holder, key } of fences) {
    // One for a lock elsewhere is remembered here, and could shut others out.
    const range = { start: key, end: undefined };
    if (holder === 'here' && !rights.mayRead(range)) return 'read';
    if (holder === 'elsewhere' && !rights.mayWrite(range)) return 'write';
  }
  return missingForBody(body, rights, owns);
}

function missingForBody(body: CommandBody, rights: Rights, owns: OwnsLease): MissingRight | undefined {
  switch (body.kind) {
    case 'put':
    case 'delete':
    case 'get':
    case 'append':
    case 'add':
      return missingForOperation(body, rights, owns);
    case 'transaction':
      return (
        first(body.compares, (compare) => missingForCompare(compare, rights)) ??
        // Which branch is taken tells something too, so both must be allowed.
        first(body.onSuccess, (operation) => missingForOperation(operation, rights, owns)) ??
        first(body.onFailure, (operation) => missingForOperation(operation, rights, owns))
      );
    case 'session-open':
      return undefined;
    case 'lease-grant':
      return body.session === 0 || owns(body.session) ? undefined : 'lease';
    case 'lease-keep-alive':
    case 'lease-revoke':
      return owns(body.lease) ? undefined : 'lease';
    case 'session-close':
      return owns(body.session) ? undefined : 'lease';
    case 'compact':
    case 'collect':
    case 'configure':
      return rights.isAdmin ? undefined : 'admin';
    default:
      // Also whatever a later version adds and forgets here.
      return 'root';
  }
}

function missingForOperation(
  operation: Operation,
  rights: Rights,
  owns: OwnsLease,
): MissingRight | undefined {
  switch (operation.kind) {
    case 'get':
      return rights.mayRead(operation.range) ? undefined : 'read';
    case 'delete':
      if (!rights.mayWrite(operation.range)) return 'write';
      return operation.wantPrevious && !rights.mayRead(operation.range) ? 'read' : undefined;
    case 'append': {
      const { prefix, lease } = operation;
      // Anywhere behind the prefix: what stands there is not known before.
      if (!rights.mayWrite({ start: prefix, end: behindPrefix(prefix) })) return 'write';
      return lease === 0 || owns(lease) ? undefined : 'lease';
    }
    case 'add':
    case 'put': {
      const range = { start: operation.key, end: undefined };
      if (!rights.mayWrite(range)) return 'write';
      const tells = operation.kind === 'add' || operation.wantPrevious;
      if (tells && !rights.mayRead(range)) return 'read';
      const { lease, keepLease } = operation;
      return lease === 0 || keepLease || owns(lease) ? undefined : 'lease';
    }
  }
}

function missingForCompare(compare: Compare, rights: Rights): MissingRight | undefined {
  if (compare.target === 'lease-live') return undefined;
  return rights.mayRead(compare.range) ? undefined : 'read';
}

function first<T>(
  list: readonly T[],
  missing: (element: T) => MissingRight | undefined,
): MissingRight | undefined {
  for (const element of list) {
    const found = missing(element);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An empty range touches nothing, so everybody may. */
function covers(spans: readonly Span[], { start, end }: KeyRange): boolean {
  if (end === undefined) return spans.some((span) => holds(span, start));
  if (end.length > 0 && compareKeys(start, end) >= 0) return true;
  return spans.some((span) => {
    if (compareKeys(span.start, start) > 0) return false;
    return span.end.length === 0 || (end.length > 0 && compareKeys(end, span.end) <= 0);
  });
}

function holds({ start, end }: Span, key: Uint8Array): boolean {
  return compareKeys(start, key) <= 0 && (end.length === 0 || compareKeys(key, end) < 0);
}

/** In order, with those that touch made one: a range over two prefixes that adjoin is within both together. */
function spansOf(permissions: readonly Permission[], accesses: readonly Permission['access'][]): Span[] {
  const spans: Span[] = [];
  const prefixes = permissions.filter(({ access }) => accesses.includes(access)).map(({ prefix }) => prefix);
  for (const start of prefixes.sort(compareKeys)) {
    const end = behindPrefix(start);
    const last = spans.at(-1);
    const touches = last !== undefined && (last.end.length === 0 || compareKeys(start, last.end) <= 0);
    if (!touches) spans.push({ start, end });
    else if (last.end.length > 0 && (end.length === 0 || compareKeys(end, last.end) > 0))
      spans[spans.length - 1] = { start: last.start, end };
  }
  return spans;
}

/** The least key that does not begin with `prefix`; empty where there is none. */
function behindPrefix(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  // Not `slice`: on a Buffer, as bytes from a socket may be, that is a view, and the prefix itself would change.
  const end = Uint8Array.from(prefix.subarray(0, last + 1));
  if (last >= 0) end[last] = (prefix[last] as number) + 1;
  return end;
}
