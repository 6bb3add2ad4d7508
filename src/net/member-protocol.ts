/**
 * What is said of a cluster's members between clients and nodes: who they are, as a node sees it, and what is to
 * become of one of them. As text, because it is rare and small, and read by people as well; each reader takes it
 * apart as something that a stranger sent.
 */
import { invalidOption, isQuorateError, QuorateError } from '../base/index.ts';
import type { Address } from '../ports/index.ts';

/** `voter`: it is promoted as soon as it has caught up; `learner`: it stays one. */
export type MemberPart = 'voter' | 'learner';

/** What a node says of itself to its cluster. */
export interface MemberCard {
  readonly name: string;
  /** Where members and clients reach it. */
  readonly address: Address;
  /** What it is to become. */
  readonly part: MemberPart;
}

export type MemberRequest =
  | { readonly kind: 'add'; readonly member: number; readonly card: MemberCard }
  /** What is left out stays. */
  | { readonly kind: 'update'; readonly member: number; readonly card: Partial<MemberCard> }
  | { readonly kind: 'promote' | 'remove' | 'transfer'; readonly member: number }
  /** `by` takes the place of `member`, in one step. */
  | { readonly kind: 'replace'; readonly member: number; readonly by: number };

/** `unchanged`: it was so already. */
export type MemberResult = 'done' | 'unchanged';

export interface ListedMember {
  readonly id: number;
  /** Absent from one that has said nothing of itself. */
  readonly card?: MemberCard;
  /** What it is now. */
  readonly part: MemberPart;
}

export interface MemberList {
  readonly cluster: string;
  /** Who answers. */
  readonly member: number;
  readonly term: number;
  /** 0: nobody, as far as the one who answers knows. */
  readonly leader: number;
  readonly members: readonly ListedMember[];
}

const requestBytesMax = 4096;
const listedMax = 64;
const namePattern = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Refuses a name that could be taken for an identity or an address, or that does not fit into a line. */
export function checkMemberName(name: string): string {
  if (namePattern.test(name)) return name;
  throw invalidOption(
    'name',
    name,
    'up to 64 letters, digits, dots, dashes and underscores, not digits alone, such as node1',
  );
}

/** Refuses what nobody could connect to. */
export function checkMemberAddress({ host, port }: Address): Address {
  const isHost = host.length > 0 && host.length <= 255 && /^[^\s,[\]]+$/.test(host);
  if (isHost && Number.isInteger(port) && port >= 1 && port <= 65_535) return { host, port };
  throw invalidOption(
    'address',
    `${host}:${port}`,
    'host:port that others can connect to, such as 10.0.0.1:7701',
  );
}

export function encodeMemberRequest(request: MemberRequest): Uint8Array {
  return bytesOf(request);
}

/** Throws `invalid-option` for what is no request. */
export function decodeMemberRequest(bytes: Uint8Array): MemberRequest {
  if (bytes.length > requestBytesMax) throw invalidOption('request', `${bytes.length} bytes`, 'a small one');
  const request = parsed(bytes);
  const { kind, member, by, card } = isRecord(request) ? request : {};
  if (!isIdentity(member)) throw invalidOption('member', member, 'the identity of a member');
  switch (kind) {
    case 'promote':
    case 'remove':
    case 'transfer':
      return { kind, member };
    case 'replace':
      if (!isIdentity(by) || by === member) throw invalidOption('by', by, 'the identity of another member');
      return { kind, member, by };
    case 'update':
      return { kind, member, card: partialCardOf(card) };
    case 'add': {
      const { name, address, part } = partialCardOf(card);
      if (name === undefined || address === undefined || part === undefined)
        throw invalidOption('card', card, 'a name, an address and a part');
      return { kind, member, card: { name, address, part } };
    }
    default:
      throw invalidOption('kind', kind, 'add, update, promote, remove, replace or transfer');
  }
}

export function encodeMemberResult(result: MemberResult): Uint8Array {
  return bytesOf({ result });
}

export function decodeMemberResult(bytes: Uint8Array): MemberResult {
  const answer = parsed(bytes);
  const result = isRecord(answer) ? answer['result'] : undefined;
  if (result === 'done' || result === 'unchanged') return result;
  throw malformed('an answer without a result');
}

export function encodeMemberList(list: MemberList): Uint8Array {
  return bytesOf(list);
}

export function decodeMemberList(bytes: Uint8Array): MemberList {
  const list = parsed(bytes);
  if (!isRecord(list)) throw malformed('no list of members');
  const { cluster, member, term, leader, members } = list;
  if (typeof cluster !== 'string' || !isCount(term) || !isCount(member) || !isCount(leader))
    throw malformed('a list without its cluster, term or leader');
  if (!Array.isArray(members) || members.length > listedMax) throw malformed('a list without members');
  return { cluster, member, term, leader, members: members.map(listedOf) };
}

function listedOf(value: unknown): ListedMember {
  const { id, card, part } = isRecord(value) ? value : {};
  if (!isIdentity(id) || (part !== 'voter' && part !== 'learner'))
    throw malformed('a member without identity');
  if (card === undefined) return { id, part };
  try {
    const { name, address, part: aim } = partialCardOf(card);
    if (name === undefined || address === undefined || aim === undefined) return { id, part };
    return { id, part, card: { name, address, part: aim } };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    throw malformed(`a member whose card cannot be: ${error.message}`);
  }
}

function partialCardOf(value: unknown): Partial<MemberCard> {
  if (!isRecord(value)) throw invalidOption('card', value, 'what is said of a member');
  const { name, address, part } = value;
  if (part !== undefined && part !== 'voter' && part !== 'learner')
    throw invalidOption('part', part, 'voter or learner');
  return {
    ...(name === undefined ? {} : { name: checkMemberName(String(name)) }),
    ...(address === undefined ? {} : { address: addressOf(address) }),
    ...(part === undefined ? {} : { part }),
  };
}

function addressOf(value: unknown): Address {
  const { host, port } = isRecord(value) ? value : {};
  return checkMemberAddress({ host: String(host), port: Number(port) });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isIdentity(value: unknown): value is number {
  return isCount(value) && value > 0;
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** `undefined` where it is no JSON, which is refused like any other stray value. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function malformed(problem: string): QuorateError<'malformed-bytes'> {
  return new QuorateError({
    code: 'malformed-bytes',
    message: `what was said of members cannot be read: ${problem}`,
    data: { what: 'members', offset: 0 },
  });
}
