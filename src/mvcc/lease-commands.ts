/** Carries out what concerns leases and sessions. Keys that go with a lease go in one revision, in byte order. */
import type { CommandBody, LeaseCheckpoint, LeaseExpire, LeaseGrant } from './commands.ts';
import type { Keyspace } from './keyspace.ts';
import type { Lease, Leases } from './leases.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { ReplyWriter } from './reply-writer.ts';
import type { StoreState } from './state.ts';

export type LeaseCommand = Extract<CommandBody, { readonly kind: `lease-${string}` | `session-${string}` }>;

/** What became of a lease, for the leader's clock. */
export interface LeaseChange {
  readonly lease: number;
  readonly change: 'granted' | 'renewed' | 'checkpointed' | 'ended';
}

export interface LeaseParts {
  readonly state: StoreState;
  readonly keyspace: Keyspace;
  readonly leases: Leases;
  readonly reply: ReplyWriter;
}

const noChanges: readonly LeaseChange[] = [];

export class LeaseCommands {
  readonly #parts: LeaseParts;
  #changes: LeaseChange[] = [];

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** What the commands since the last call changed. */
  takeChanges(): readonly LeaseChange[] {
    if (this.#changes.length === 0) return noChanges;
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  run(command: LeaseCommand): Refusal | undefined {
    switch (command.kind) {
      case 'lease-grant':
        return this.#grant(command);
      case 'session-open':
        return this.#openSession(command.ttlMs);
      case 'lease-keep-alive':
        return this.#keepAlive(command.lease);
      case 'lease-revoke':
        return this.#revoke(command.lease);
      case 'session-close':
        return this.#closeSession(command.session);
      case 'lease-expire':
        return this.#expire(command.leases);
      case 'lease-checkpoint':
        return this.#checkpoint(command.leases);
    }
  }

  #grant({ lease: wanted, ttlMs, session }: LeaseGrant): Refusal | undefined {
    const { leases } = this.#parts;
    const refusal = this.#checkNew(ttlMs);
    if (refusal !== undefined) return refusal;
    if (session !== 0 && leases.get(session)?.answers === undefined)
      return refuse('session-expired', session);
    if (wanted !== 0 && leases.get(wanted) !== undefined) return refuse('lease-exists', wanted);
    this.#granted(leases.grant(wanted === 0 ? this.#freeId() : wanted, ttlMs, session));
    return undefined;
  }

  #openSession(ttlMs: number): Refusal | undefined {
    const refusal = this.#checkNew(ttlMs);
    if (refusal !== undefined) return refusal;
    this.#granted(this.#parts.leases.openSession(this.#freeId(), ttlMs));
    return undefined;
  }

  #checkNew(ttlMs: number): Refusal | undefined {
    const { leasesMax, ttlMsMax } = this.#parts.state.limits;
    if (ttlMs === 0 || ttlMs > ttlMsMax) return refuse('ttl-out-of-range', ttlMs, ttlMsMax);
    return this.#parts.leases.count >= leasesMax ? refuse('too-many-leases', leasesMax) : undefined;
  }

  /** The command's own index, which no other command has, unless a client chose just that number. */
  #freeId(): number {
    let id = this.#parts.state.appliedIndex;
    while (this.#parts.leases.get(id) !== undefined) id += 1;
    return id;
  }

  #keepAlive(id: number): Refusal | undefined {
    const { leases } = this.#parts;
    const lease = leases.get(id);
    if (lease === undefined) return refuse('lease-not-found', id);
    leases.renew(lease);
    this.#changes.push({ lease: id, change: 'renewed' });
    this.#answer(lease);
    return undefined;
  }

  #revoke(id: number): Refusal | undefined {
    const lease = this.#parts.leases.get(id);
    if (lease === undefined) return refuse('lease-not-found', id);
    this.#end(lease, 'revoked');
    this.#done();
    return undefined;
  }

  #closeSession(id: number): Refusal | undefined {
    const lease = this.#parts.leases.get(id);
    if (lease?.answers === undefined) return refuse('session-expired', id);
    this.#end(lease, 'revoked');
    this.#done();
    return undefined;
  }

  /** A lease that was renewed after the leader's clock ran out on it lives on: its holder was told so. */
  #expire(expiries: LeaseExpire['leases']): undefined {
    for (const { lease: id, renewals } of expiries) {
      const lease = this.#parts.leases.get(id);
      if (lease !== undefined && lease.renewals === renewals) this.#end(lease, 'expired');
    }
    this.#done();
  }

  #checkpoint(checkpoints: LeaseCheckpoint['leases']): undefined {
    for (const { lease: id, renewals, remainingMs } of checkpoints) {
      const lease = this.#parts.leases.get(id);
      if (lease === undefined || lease.renewals !== renewals) continue;
      this.#parts.leases.checkpoint(lease, remainingMs);
      this.#changes.push({ lease: id, change: 'checkpointed' });
    }
    this.#done();
  }

  /** A session takes the leases that it owns with it, the least first. */
  #end(lease: Lease, kind: 'expired' | 'revoked'): void {
    const { leases, keyspace } = this.#parts;
    for (const id of [...(lease.owned ?? [])].sort((left, right) => left - right)) {
      const owned = leases.get(id);
      if (owned !== undefined) this.#end(owned, kind);
    }
    for (const key of leases.keysOf(lease.id)) {
      const head = keyspace.find(key);
      if (head !== undefined) keyspace.remove(key, head, kind);
    }
    leases.end(lease);
    this.#changes.push({ lease: lease.id, change: 'ended' });
  }

  #granted(lease: Lease): void {
    this.#changes.push({ lease: lease.id, change: 'granted' });
    this.#answer(lease);
  }

  #answer(lease: Lease): void {
    this.#parts.reply.begin('lease', 0);
    this.#parts.reply.lease(lease.id, lease.ttlMs);
  }

  #done(): void {
    this.#parts.reply.begin('done', 0);
  }
}
