/**
 * The store as a beginner would write it: a map of keys, a copy of it per revision, a list of changes per
 * revision, and rules applied one after the other. It is slow, keeps everything for ever and is meant to be
 * obviously right; the real store must give the same answers.
 */
import type {
  Command,
  CommandBody,
  Compare,
  EventKind,
  Fence,
  Get,
  KeyRange,
  KeyValue,
  Limits,
  Operation,
  OperationResult,
  RefusalCode,
  ReplyBody,
} from '../../src/mvcc/index.ts';
import { initialLimits } from '../../src/mvcc/index.ts';
import {
  countIn,
  decide,
  duplicate,
  hex,
  holdsFor,
  longRange,
  refusal,
  within,
  writtenKey,
} from './model-rules.ts';

export interface ModelEvent {
  readonly kind: EventKind;
  readonly entry: KeyValue;
  readonly previous: KeyValue | undefined;
}

export interface ModelReply {
  readonly revision: number;
  readonly body: ReplyBody;
}

export interface ModelLease {
  readonly session: number;
  readonly ttlMs: number;
  remainingMs: number;
  renewals: number;
  readonly answers: { readonly request: number; readonly reply: ModelReply }[] | undefined;
  acknowledged: number;
}

type Keys = Map<string, KeyValue>;

const noBytes = new Uint8Array(0);

export class Model {
  limits: Limits = initialLimits;
  revision = 0;
  compacted = 0;
  /** The keys at each revision, from 0 on. */
  readonly past: Keys[] = [new Map()];
  /** The changes of each revision, from 0 on. */
  readonly events: ModelEvent[][] = [[]];
  readonly leases: Map<number, ModelLease> = new Map();
  readonly guards: Map<string, number> = new Map();
  readonly #keys: Keys = new Map();
  #changes: ModelEvent[] = [];

  get keys(): Keys {
    return this.#keys;
  }

  apply(index: number, command: Command): ModelReply {
    const request = command.session;
    if (request === undefined) return this.#execute(index, command);
    const session = this.leases.get(request.session);
    if (session?.answers === undefined) return this.#refused('session-expired', request.session);
    if (request.request <= session.acknowledged) {
      return this.#refused('stale-request', request.request, session.acknowledged);
    }
    const given = session.answers.find((answer) => answer.request === request.request);
    if (given !== undefined) return given.reply;
    session.acknowledged = Math.max(session.acknowledged, request.acknowledged);
    while ((session.answers[0]?.request ?? Number.POSITIVE_INFINITY) <= session.acknowledged) {
      session.answers.shift();
    }
    if (session.answers.length >= this.limits.answersMax) {
      return this.#refused('session-full', request.session, this.limits.answersMax);
    }
    const reply = this.#execute(index, command);
    session.answers.push({ request: request.request, reply });
    return reply;
  }

  list(range: KeyRange, revision = 0): KeyValue[] {
    const keys = revision === 0 ? this.#keys : (this.past[revision] as Keys);
    return [...keys]
      .filter(([key]) => within(range, key))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, entry]) => entry);
  }

  #execute(index: number, { fences, body }: Command): ModelReply {
    const fenced = this.#checkFences(fences);
    if (fenced !== undefined) return fenced;
    const result = this.#run(index, body);
    if (result.kind === 'refused') return { revision: this.revision, body: result };
    if (this.#changes.length > 0) {
      this.revision += 1;
      this.events.push(this.#changes);
      this.past.push(new Map(this.#keys));
      this.#changes = [];
    }
    return { revision: this.revision, body: result };
  }

  #checkFences(fences: readonly Fence[]): ModelReply | undefined {
    for (const { holder, key, token } of fences) {
      if (key.length > 1_800) return this.#refused('key-too-large', key.length, 1_800);
      const current = this.#keys.get(hex(key))?.createRevision ?? 0;
      if (holder === 'here' && current !== token) return this.#refused('fenced', token, current);
      const seen = this.guards.get(hex(key)) ?? 0;
      if (holder === 'elsewhere' && token < seen) return this.#refused('fenced', token, seen);
    }
    for (const { holder, key, token } of fences) {
      if (holder === 'elsewhere') this.guards.set(hex(key), Math.max(token, this.guards.get(hex(key)) ?? 0));
    }
    return undefined;
  }

  #run(index: number, body: CommandBody): ReplyBody {
    switch (body.kind) {
      case 'put':
      case 'delete':
      case 'get':
      case 'append':
      case 'add':
        return this.#misshapen([body]) ?? this.#refuseOne([body]) ?? this.#operate(body, 0);
      case 'transaction': {
        const { operationsMax, keysTouchedMax } = this.limits;
        const most = Math.max(body.compares.length, body.onSuccess.length, body.onFailure.length);
        let touched = 0;
        if (most > operationsMax) return refusal('transaction-too-large', most, operationsMax);
        for (const compare of body.compares) {
          if (compare.target === 'lease-live') continue;
          const wrong = longRange(compare.range);
          if (wrong !== undefined) return wrong;
          const isBounded =
            compare.range.end === undefined || compare.target === 'exists' || compare.target === 'absent';
          if (!isBounded) touched += this.list(compare.range).length;
          if (touched > keysTouchedMax) return refusal('too-many-keys', keysTouchedMax);
        }
        for (const branch of [body.onSuccess, body.onFailure]) {
          const wrong = this.#misshapen(branch) ?? duplicate(branch, this.revision + 1);
          if (wrong !== undefined) return wrong;
        }
        const succeeded = body.compares.every((compare) => this.#holds(compare));
        const branch = succeeded ? body.onSuccess : body.onFailure;
        const wrong = this.#refuseOne(branch, touched);
        if (wrong !== undefined) return wrong;
        return {
          kind: 'transaction',
          succeeded,
          results: branch.map((operation, place) => this.#operate(operation, place)),
        };
      }
      case 'compact':
        if (body.revision > this.revision) return refusal('future-revision', body.revision, this.revision);
        if (body.revision <= this.compacted) return refusal('compacted', body.revision, this.compacted);
        this.compacted = body.revision;
        return { kind: 'done' };
      case 'collect':
        return { kind: 'done' };
      case 'configure':
        this.limits = body.limits;
        return { kind: 'done' };
      default:
        return this.#runLease(index, body);
    }
  }

  #misshapen(operations: readonly Operation[]): ReplyBody | undefined {
    const { keyBytesMax, valueBytesMax } = this.limits;
    for (const operation of operations) {
      if (operation.kind === 'get' || operation.kind === 'delete') {
        const wrong = longRange(operation.range);
        if (wrong !== undefined) return wrong;
        continue;
      }
      const bytes = writtenKey(operation, this.revision + 1, 0)?.length ?? 0;
      if (bytes > keyBytesMax) return refusal('key-too-large', bytes, keyBytesMax);
      if (operation.kind === 'add') continue;
      const { value } = operation;
      if (value.length > valueBytesMax) return refusal('value-too-large', value.length, valueBytesMax);
    }
    return undefined;
  }

  /** What the first operation that cannot be carried out is refused with. */
  #refuseOne(operations: readonly Operation[], touchedBefore = 0): ReplyBody | undefined {
    const spoilt = this.#refuseCounting(operations);
    if (spoilt !== undefined) return spoilt;
    let touched = touchedBefore;
    const { keysTouchedMax, leaseKeysMax } = this.limits;
    for (const operation of operations) {
      const isWrite = operation.kind !== 'get' && operation.kind !== 'delete';
      const keeps = operation.kind !== 'append' && isWrite && operation.keepLease;
      if (isWrite && operation.lease !== 0 && !keeps) {
        const { lease } = operation;
        if (!this.leases.has(lease)) return refusal('lease-not-found', lease);
        const held = new Set(
          [...this.#keys].filter(([, entry]) => entry.lease === lease).map(([key]) => key),
        );
        for (const [place, other] of operations.entries()) {
          const key = writtenKey(other, this.revision + 1, place);
          if (key !== undefined && 'lease' in other && other.lease === lease) held.add(hex(key));
        }
        if (held.size > leaseKeysMax) return refusal('lease-full', lease, leaseKeysMax);
      }
      if (operation.kind === 'delete' && operation.range.end !== undefined) {
        touched += this.list(operation.range).length;
        if (touched > keysTouchedMax) return refusal('too-many-keys', keysTouchedMax);
      }
      if (operation.kind === 'get') {
        const { revision, range, order, content } = operation;
        if (revision > this.revision) return refusal('future-revision', revision, this.revision);
        if (revision !== 0 && revision < this.compacted)
          return refusal('compacted', revision, this.compacted);
        const sorts = order !== 'key' && content !== 'count' && range.end !== undefined;
        if (sorts) touched += this.list(range, revision).length;
        if (sorts && touched > keysTouchedMax) return refusal('too-many-keys', keysTouchedMax);
      }
    }
    return undefined;
  }

  #refuseCounting(operations: readonly Operation[]): ReplyBody | undefined {
    for (const [place, operation] of operations.entries()) {
      const key = writtenKey(operation, this.revision + 1, place);
      const old = key === undefined ? undefined : this.#keys.get(hex(key));
      if (operation.kind === 'append' && old !== undefined) return refusal('key-exists', place + 1);
      if (operation.kind !== 'add') continue;
      const before = countIn(old?.value);
      if (before === undefined) return refusal('not-a-number', place + 1);
      const after = before + operation.amount;
      const isWithin = after >= operation.least && after <= operation.most && Number.isSafeInteger(after);
      const at = (place + 1) * 2 + (before < 0 ? 1 : 0);
      if (!isWithin) return refusal('counter-out-of-range', at, Math.abs(before));
    }
    return undefined;
  }

  #holds(compare: Compare): boolean {
    if (compare.target === 'lease-live') return this.leases.has(compare.lease);
    const entries = this.list(compare.range);
    if (compare.target === 'exists') return entries.length > 0;
    if (compare.target === 'absent') return entries.length === 0;
    if (entries.length === 0 && compare.range.end === undefined) {
      return compare.target !== 'value' && decide(compare.operator, 0, compare.number);
    }
    return entries.every((entry) => holdsFor(compare, entry));
  }

  #operate(operation: Operation, place: number): OperationResult {
    if (operation.kind === 'get') return this.#get(operation);
    if (operation.kind === 'delete') {
      const entries = this.list(operation.range);
      for (const entry of entries) this.#remove(entry, 'delete');
      const previous = operation.wantPrevious ? entries : [];
      return { kind: 'delete', count: entries.length, previous, truncated: false };
    }
    const key = writtenKey(operation, this.revision + 1, place) as Uint8Array;
    const old = this.#keys.get(hex(key));
    const before = operation.kind === 'add' ? (countIn(old?.value) as number) : 0;
    const after = operation.kind === 'add' ? before + operation.amount : 0;
    const value = operation.kind === 'add' ? Uint8Array.from(Buffer.from(String(after))) : operation.value;
    const keepLease = operation.kind !== 'append' && operation.keepLease;
    const entry: KeyValue = {
      key,
      value,
      createRevision: old?.createRevision ?? this.revision + 1,
      modifyRevision: this.revision + 1,
      version: (old?.version ?? 0) + 1,
      lease: keepLease ? (old?.lease ?? 0) : operation.lease,
    };
    this.#keys.set(hex(key), entry);
    this.#changes.push({ kind: 'put', entry, previous: old });
    if (operation.kind === 'append') return { kind: 'append', key };
    if (operation.kind === 'add') return { kind: 'add', before, after };
    return { kind: 'put', previous: operation.wantPrevious ? old : undefined, truncated: false };
  }

  #get({ range, revision, limit, order, descending, content }: Get): OperationResult {
    const entries = this.list(range, revision);
    if (content === 'count') {
      return { kind: 'get', entries: [], count: entries.length, more: false, resume: undefined };
    }
    if (order === 'create-revision')
      entries.sort((left, right) => left.createRevision - right.createRevision);
    if (order === 'modify-revision')
      entries.sort((left, right) => left.modifyRevision - right.modifyRevision);
    if (descending) entries.reverse();
    const kept = limit === 0 ? entries : entries.slice(0, limit);
    const shown = content === 'keys' ? kept.map((entry) => ({ ...entry, value: noBytes })) : kept;
    const next = entries[shown.length];
    const resume = order === 'key' || range.end === undefined ? next?.key : undefined;
    return { kind: 'get', entries: shown, count: shown.length, more: next !== undefined, resume };
  }

  #runLease(index: number, body: CommandBody): ReplyBody {
    switch (body.kind) {
      case 'lease-grant':
      case 'session-open':
        return this.#grant(index, body);
      case 'lease-keep-alive': {
        const lease = this.leases.get(body.lease);
        if (lease === undefined) return refusal('lease-not-found', body.lease);
        lease.remainingMs = lease.ttlMs;
        lease.renewals += 1;
        return { kind: 'lease', lease: body.lease, ttlMs: lease.ttlMs };
      }
      case 'lease-revoke':
        if (!this.leases.has(body.lease)) return refusal('lease-not-found', body.lease);
        this.#end(body.lease, 'revoked');
        return { kind: 'done' };
      case 'session-close':
        if (this.leases.get(body.session)?.answers === undefined)
          return refusal('session-expired', body.session);
        this.#end(body.session, 'revoked');
        return { kind: 'done' };
      case 'lease-expire':
        for (const { lease, renewals } of body.leases) {
          if (this.leases.get(lease)?.renewals === renewals) this.#end(lease, 'expired');
        }
        return { kind: 'done' };
      case 'lease-checkpoint':
        for (const { lease: id, renewals, remainingMs } of body.leases) {
          const lease = this.leases.get(id);
          if (lease?.renewals === renewals) lease.remainingMs = Math.min(remainingMs, lease.ttlMs);
        }
        return { kind: 'done' };
      default:
        throw new Error(`no command about leases: ${body.kind}`);
    }
  }

  #grant(index: number, body: Extract<CommandBody, { kind: 'lease-grant' | 'session-open' }>): ReplyBody {
    const { ttlMsMax, leasesMax } = this.limits;
    const { ttlMs } = body;
    if (ttlMs < 1 || ttlMs > ttlMsMax) return refusal('ttl-out-of-range', ttlMs, ttlMsMax);
    if (this.leases.size >= leasesMax) return refusal('too-many-leases', leasesMax);
    const session = body.kind === 'session-open' ? 0 : body.session;
    if (session !== 0 && this.leases.get(session)?.answers === undefined) {
      return refusal('session-expired', session);
    }
    let id = body.kind === 'session-open' ? 0 : body.lease;
    if (this.leases.has(id)) return refusal('lease-exists', id);
    for (let free = index; id === 0; free += 1) if (!this.leases.has(free)) id = free;
    const answers = body.kind === 'session-open' ? [] : undefined;
    this.leases.set(id, { session, ttlMs, remainingMs: ttlMs, renewals: 0, answers, acknowledged: 0 });
    return { kind: 'lease', lease: id, ttlMs };
  }

  #end(id: number, kind: 'expired' | 'revoked'): void {
    const owned = [...this.leases].filter(([, { session }]) => session === id).map(([lease]) => lease);
    for (const lease of owned.sort((left, right) => left - right)) this.#end(lease, kind);
    for (const entry of this.list({ start: noBytes, end: noBytes })) {
      if (entry.lease === id) this.#remove(entry, kind);
    }
    this.leases.delete(id);
  }

  #remove(entry: KeyValue, kind: EventKind): void {
    this.#keys.delete(hex(entry.key));
    const gone = {
      key: entry.key,
      value: noBytes,
      createRevision: 0,
      modifyRevision: this.revision + 1,
      version: 0,
      lease: 0,
    };
    this.#changes.push({ kind, entry: gone, previous: entry });
  }

  #refused(code: RefusalCode, first = 0, second = 0): ModelReply {
    return { revision: this.revision, body: refusal(code, first, second) };
  }
}
