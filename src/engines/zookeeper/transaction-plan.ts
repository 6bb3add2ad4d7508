/**
 * What a transaction of the port becomes in ZooKeeper, as a value: a pure decision over the request and over nodes as
 * they were read a moment ago. Its steps pin everything that it rests on, so the server carries all of it out, or
 * refuses, and then the nodes are read again.
 *
 * The server's only check is for the version of a node's data. For the name of an appended item, which is given once,
 * being there at all says that it is the same item. For others the version is checked together with those of the
 * directories above, see `directories.ts`.
 */
import { assert, QuorateError } from '../../base/index.ts';
import {
  type AddOperation,
  type Condition,
  changedCounter,
  type Fence,
  type Operation,
  type OperationResult,
  type TransactRequest,
} from '../port/index.ts';
import { failed } from './connection/index.ts';
import { lineageChecks, markSteps, type Nodes } from './directories.ts';
import { appendedPrefix, appendOnly, directoryOf, type Layout } from './layout.ts';
import { isAppended, isDirectory, sessionOf } from './tree.ts';
import { type AccessRule, anyVersion, type NodeData, nodeKinds, type Step } from './wire/index.ts';

export interface Facts {
  readonly nodes: Nodes;
  /** Appended items that are taken to be there, and when they were created: they were not read. */
  readonly assumed: ReadonlyMap<string, number>;
}

export interface PlanContext {
  readonly layout: Layout;
  readonly access: AccessRule;
  readonly facts: Facts;
  /** Of the session that sends it. */
  readonly owner: string | undefined;
}

/** Makes the result of one operation from the transaction's number, and from the key that its append was given. */
type Resulting = (zxid: number, appendedKey: string | undefined) => OperationResult;

export type Plan =
  | { readonly kind: 'refused'; readonly reason: 'condition' | 'bound' }
  | { readonly kind: 'fenced'; readonly fence: Fence; readonly current: number }
  /** These are not there, and something is to be made in them. */
  | { readonly kind: 'directories'; readonly directories: readonly string[] }
  | {
      readonly kind: 'steps';
      readonly steps: readonly Step[];
      readonly operations: readonly PlannedOperation[];
    };

interface PlannedOperation {
  readonly result: Resulting;
  /** The step that makes an appended item. */
  readonly appendStep: number | undefined;
}

interface Effect {
  readonly result: Resulting;
  /** The place, among the effects, of the step that makes an appended item. */
  readonly append?: number;
}

/** An item as far as it is known: `node` undefined where it was not read. */
interface Known {
  readonly created: number;
  readonly node: NodeData | undefined;
}

const bytes = new TextEncoder();
const noData = new Uint8Array(0);

export function planTransaction(request: TransactRequest, context: PlanContext): Plan {
  const { when = [], fences = [], operations } = request;
  const planner = new Planner(context);
  for (const fence of fences) {
    const known = planner.known(fence.key);
    if (known?.created !== fence.token) return { kind: 'fenced', fence, current: known?.created ?? 0 };
    planner.guard({ key: fence.key, is: 'created', created: fence.token });
  }
  for (const condition of when) {
    if (!holds(condition, planner.known(condition.key))) return { kind: 'refused', reason: 'condition' };
  }
  const changed = new Set(operations.map((operation) => ('key' in operation ? operation.key : '')));
  for (const condition of when)
    if (condition.is !== 'absent' || !changed.has(condition.key)) planner.guard(condition);
  const planned = operations.map((operation) => planner.plan(operation));
  if (planned.includes('bound')) return { kind: 'refused', reason: 'bound' };
  return planner.finished(planned.filter((one) => one !== 'bound'));
}

/** Whether it takes more than the identity of an appended item to plan what is asked about it. */
export function restsOnNode(key: string, { when = [], operations }: TransactRequest): boolean {
  return (
    when.some(
      (condition) => condition.key === key && (condition.is === 'unchanged' || condition.is === 'absent'),
    ) || operations.some((one) => (one.kind === 'put' || one.kind === 'add') && one.key === key)
  );
}

function holds(condition: Condition, known: Known | undefined): boolean {
  switch (condition.is) {
    case 'absent':
      return known === undefined;
    case 'present':
      return known !== undefined;
    case 'created':
      return known?.created === condition.created;
    case 'unchanged':
      return known?.node?.state.mzxid === condition.modified;
  }
}

class Planner {
  readonly #context: PlanContext;
  /** What must hold, then what is written: versions are checked as they were before. */
  readonly #guards = new Map<string, Step>();
  readonly #marks = new Map<string, Step>();
  readonly #effects: Step[] = [];
  readonly #missing = new Set<string>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  known(key: string): Known | undefined {
    const { layout, facts } = this.#context;
    const path = layout.pathOf(key);
    const assumed = facts.assumed.get(path);
    if (assumed !== undefined) return { created: assumed, node: undefined };
    const node = facts.nodes.get(path);
    if (node === undefined) return undefined;
    if (isDirectory(node.state))
      throw failed(`the key ${key} is that of a directory; choose another key`, key);
    return { created: node.state.czxid, node };
  }

  guard(condition: Condition): void {
    const path = this.#path(condition.key);
    if (condition.is === 'absent') return this.#guardAbsence(condition.key, path);
    if (condition.is === 'present' || (condition.is === 'created' && isAppended(condition.key)))
      return this.#check(path, anyVersion);
    const node = this.known(condition.key)?.node;
    assert(node !== undefined, 'what is pinned by its version was read');
    this.#pin(condition.key, node);
  }

  /** What is to be done for one operation; `bound` where its sum would leave its bounds. */
  plan(operation: Operation): Effect | 'bound' {
    switch (operation.kind) {
      case 'put':
        return { result: this.#put(operation.key, operation.value, operation.session !== undefined) };
      case 'delete':
        return { result: this.#delete(operation.key) };
      case 'append':
        return this.#append(operation);
      case 'add':
        return this.#add(operation);
    }
  }

  finished(planned: readonly Effect[]): Plan {
    if (this.#missing.size > 0) return { kind: 'directories', directories: [...this.#missing] };
    const before = [...this.#guards.values(), ...this.#marks.values()];
    const operations = planned.map(({ result, append }) => ({
      result,
      appendStep: append === undefined ? undefined : before.length + append,
    }));
    return { kind: 'steps', steps: [...before, ...this.#effects], operations };
  }

  #path(key: string): string {
    return this.#context.layout.pathOf(key);
  }

  #check(path: string, version: number): void {
    const other = this.#guards.get(path);
    // A check for a version says all that one for being there does.
    if (other?.do === 'check' && other.version !== anyVersion) return;
    this.#guards.set(path, { do: 'check', path, version });
  }

  /** Holds as long as this is the node that was read, with the data that was read. */
  #pin(key: string, { state }: NodeData): void {
    this.#check(this.#path(key), state.version);
    if (isAppended(key)) return;
    const { layout, facts } = this.#context;
    for (const step of lineageChecks(layout.lineage(directoryOf(key)), facts.nodes))
      this.#check(step.path, step.version);
  }

  #directory(directory: string): NodeData | undefined {
    return this.#context.facts.nodes.get(this.#path(directory));
  }

  /**
   * The server has no check for it: what can be made and deleted again was not there. Without its directory it cannot
   * be, and a name that was given by an append and is gone never comes again.
   */
  #guardAbsence(key: string, path: string): void {
    if (isAppended(key) || this.#directory(directoryOf(key)) === undefined) return;
    this.#effects.push(this.#created(path, noData, false), { do: 'delete', path, version: anyVersion });
  }

  #created(path: string, data: Uint8Array, isOwned: boolean): Step {
    const kind = isOwned ? nodeKinds.ephemeral : nodeKinds.persistent;
    return { do: 'create', node: { path, data, kind, access: this.#context.access } };
  }

  #make(key: string, data: Uint8Array, isOwned: boolean): void {
    const directory = directoryOf(key);
    const { layout, facts } = this.#context;
    if (this.#directory(directory) === undefined) this.#missing.add(directory);
    for (const step of markSteps(layout.lineage(directory), facts.nodes)) this.#marks.set(step.path, step);
    this.#effects.push(this.#created(this.#path(key), data, isOwned));
  }

  #put(key: string, data: Uint8Array, isOwned: boolean): Resulting {
    const node = this.known(key)?.node;
    const path = this.#path(key);
    if (node === undefined) {
      if (isAppended(key)) throw appendOnly(key);
      this.#make(key, data, isOwned);
      return madeNow;
    }
    const { version, czxid: created } = node.state;
    this.#pin(key, node);
    if (sessionOf(node.state) === (isOwned ? this.#context.owner : undefined)) {
      this.#effects.push({ do: 'set', path, data, version });
      return (modified) => ({ kind: 'put', created, modified });
    }
    if (isAppended(key)) throw keepsSession(key);
    this.#effects.push({ do: 'delete', path, version });
    this.#make(key, data, isOwned);
    return madeNow;
  }

  #delete(key: string): Resulting {
    const path = this.#path(key);
    const existed = this.known(key) !== undefined;
    if (existed) this.#effects.push({ do: 'delete', path, version: anyVersion });
    else this.#guardAbsence(key, path);
    return () => ({ kind: 'delete', existed });
  }

  #append(operation: Extract<Operation, { kind: 'append' }>): Effect | 'bound' {
    const { directory, label, id, value, session } = operation;
    const kind = session === undefined ? nodeKinds.persistentSequential : nodeKinds.ephemeralSequential;
    if (this.#directory(directory) === undefined) this.#missing.add(directory);
    const path = this.#path(`${directory}/${appendedPrefix(id, label)}`);
    this.#effects.push({ do: 'create', node: { path, data: value, kind, access: this.#context.access } });
    const result: Resulting = (created, key) => {
      assert(key !== undefined, 'an append was given its name');
      return { kind: 'append', key, created };
    };
    return { result, append: this.#effects.length - 1 };
  }

  #add(operation: AddOperation): Effect | 'bound' {
    const { key } = operation;
    const node = this.known(key)?.node;
    const change = changedCounter('zookeeper', operation, node?.data);
    if (change === undefined) return 'bound';
    const data = bytes.encode(String(change.after));
    if (node === undefined) {
      if (isAppended(key)) throw appendOnly(key);
      this.#make(key, data, false);
    } else {
      this.#pin(key, node);
      this.#effects.push({ do: 'set', path: this.#path(key), data, version: node.state.version });
    }
    return { result: () => ({ kind: 'add', ...change }) };
  }
}

function madeNow(zxid: number): OperationResult {
  return { kind: 'put', created: zxid, modified: zxid };
}

function keepsSession(key: string): QuorateError<'invalid-option'> {
  const expected =
    'the session that it was appended with: an appended item keeps it; delete it and append another';
  return new QuorateError({
    code: 'invalid-option',
    message: `session is another one for ${key}, but must be ${expected}`,
    data: { option: 'session', value: key, expected },
  });
}
