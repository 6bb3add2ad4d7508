/**
 * Requests as values: how each is written, and how its answer is read. Whoever sends one knows nothing of the wire,
 * and the connection knows nothing of nodes.
 */
import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';
import { decodeNodeState, type NodeState } from './records.ts';

export interface WireRequest<T> {
  readonly kind: number;
  readonly write: (writer: JuteWriter) => void;
  readonly read: (reader: JuteReader) => T;
}

export interface NodeData {
  readonly data: Uint8Array;
  readonly state: NodeState;
}

export interface Children {
  readonly names: readonly string[];
  /** Of the node whose children they are. */
  readonly state: NodeState;
}

interface Created {
  readonly path: string;
  readonly state: NodeState;
}

/** Who may do what with a node that is made here. */
export interface AccessRule {
  readonly scheme: string;
  readonly id: string;
}

export const nodeKinds = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
} as const;

export interface NewNode {
  readonly path: string;
  readonly data: Uint8Array;
  readonly kind: (typeof nodeKinds)[keyof typeof nodeKinds];
  readonly access: AccessRule;
}

/** One part of a transaction; all are done, or none. */
export type Step =
  | { readonly do: 'create'; readonly node: NewNode }
  | { readonly do: 'delete'; readonly path: string; readonly version: number }
  | { readonly do: 'set'; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | { readonly do: 'check'; readonly path: string; readonly version: number };

export type StepResult =
  | { readonly do: 'create'; readonly path: string }
  | { readonly do: 'set'; readonly state: NodeState }
  | { readonly do: 'delete' | 'check' };

/** What became of a transaction: its results, or the place and number of the error that stopped it. */
export type TransactionReply =
  | { readonly done: readonly StepResult[] }
  | { readonly failedAt: number; readonly error: number };

/** Matches every version. */
export const anyVersion = -1;

export const kinds = {
  /** In a transaction; answered with the path alone. */
  createStep: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  sync: 9,
  ping: 11,
  getChildren: 12,
  check: 13,
  multi: 14,
  create: 15,
  removeWatch: 18,
  createContainer: 19,
  auth: 100,
  getEphemerals: 103,
  addWatch: 106,
  closeSession: -11,
} as const;

const errorKind = -1;
const everyRight = 31;
const recursive = 1;
const anyWatch = 3;
/** A transaction that failed names its error once; the steps around it have these. */
const notTheReason: ReadonlySet<number> = new Set([0, -2]);

export function existsRequest(path: string): WireRequest<NodeState> {
  return { kind: kinds.exists, write: pathAndFlag(path), read: decodeNodeState };
}

export function dataRequest(path: string): WireRequest<NodeData> {
  return {
    kind: kinds.getData,
    write: pathAndFlag(path),
    read: (reader) => ({ data: reader.buffer().slice(), state: decodeNodeState(reader) }),
  };
}

export function childrenRequest(path: string): WireRequest<Children> {
  return {
    kind: kinds.getChildren,
    write: pathAndFlag(path),
    read: (reader) => ({ names: reader.texts(), state: decodeNodeState(reader) }),
  };
}

export function syncRequest(path: string): WireRequest<void> {
  return { kind: kinds.sync, write: (writer) => writer.text(path), read: nothing };
}

/** The nodes of this session under a path: asks little, and is answered from 3.6 on only. */
export function ephemeralsRequest(path: string): WireRequest<void> {
  return { kind: kinds.getEphemerals, write: (writer) => writer.text(path), read: nothing };
}

/** A watch on a node and all below it, which stays until it is removed. */
export function watchRequest(path: string): WireRequest<void> {
  const write = (writer: JuteWriter): void => {
    writer.text(path);
    writer.int(recursive);
  };
  return { kind: kinds.addWatch, write, read: nothing };
}

export function unwatchRequest(path: string): WireRequest<void> {
  const write = (writer: JuteWriter): void => {
    writer.text(path);
    writer.int(anyWatch);
  };
  return { kind: kinds.removeWatch, write, read: nothing };
}

export function closeRequest(): WireRequest<void> {
  return { kind: kinds.closeSession, write: () => undefined, read: nothing };
}

/** A container is made alone: in a transaction the server makes a node of it that is never collected. */
export function createRequest(node: NewNode): WireRequest<Created> {
  const kind = node.kind === nodeKinds.container ? kinds.createContainer : kinds.create;
  return { kind, write: (writer) => writeNode(writer, node), read: readCreated };
}

export function transactionRequest(steps: readonly Step[]): WireRequest<TransactionReply> {
  const write = (writer: JuteWriter): void => {
    for (const step of steps) writeStep(writer, step);
    writeStepHeader(writer, errorKind, true);
  };
  return { kind: kinds.multi, write, read: readTransaction };
}

function pathAndFlag(path: string): (writer: JuteWriter) => void {
  return (writer) => {
    writer.text(path);
    writer.flag(false);
  };
}

function nothing(): void {
  return undefined;
}

function writeNode(writer: JuteWriter, { path, data, kind, access }: NewNode): void {
  writer.text(path);
  writer.buffer(data);
  writer.int(1);
  writer.int(everyRight);
  writer.text(access.scheme);
  writer.text(access.id);
  writer.int(kind);
}

function readCreated(reader: JuteReader): Created {
  return { path: reader.text(), state: decodeNodeState(reader) };
}

function writeStepHeader(writer: JuteWriter, kind: number, isLast: boolean): void {
  writer.int(kind);
  writer.flag(isLast);
  writer.int(-1);
}

function writeStep(writer: JuteWriter, step: Step): void {
  if (step.do === 'create') {
    writeStepHeader(writer, kinds.createStep, false);
    writeNode(writer, step.node);
    return;
  }
  const kind = { delete: kinds.delete, set: kinds.setData, check: kinds.check }[step.do];
  writeStepHeader(writer, kind, false);
  writer.text(step.path);
  if (step.do === 'set') writer.buffer(step.data);
  writer.int(step.version);
}

function readTransaction(reader: JuteReader): TransactionReply {
  const done: StepResult[] = [];
  let failed: { failedAt: number; error: number } | undefined;
  for (let at = 0; ; at += 1) {
    const kind = reader.int();
    const isLast = reader.flag();
    reader.int();
    if (isLast) return failed ?? { done };
    if (kind === errorKind) {
      const error = reader.int();
      if (failed === undefined && !notTheReason.has(error)) failed = { failedAt: at, error };
    } else done.push(readStep(reader, kind));
  }
}

function readStep(reader: JuteReader, kind: number): StepResult {
  switch (kind) {
    case kinds.createStep:
      return { do: 'create', path: reader.text() };
    case kinds.create:
      return { do: 'create', path: readCreated(reader).path };
    case kinds.setData:
      return { do: 'set', state: decodeNodeState(reader) };
    case kinds.delete:
      return { do: 'delete' };
    case kinds.check:
      return { do: 'check' };
    default:
      throw reader.malformed(`a result of the kind ${kind}`, 0);
  }
}
