/**
 * This node as a member: the only one who may say of it that it is healthy, or raise its incarnation. It does so when
 * others believe something else of it (that it is suspect, dead, gone, or what it was in an earlier life): at once,
 * and above the highest incarnation that it hears of, because a node that has started again with a lower one is dead
 * to all others until it does.
 */
import { assert, invalidOption } from '../base/index.ts';
import type { Claim } from './claim.ts';
import type { MemberMetadata } from './metadata.ts';
import { checkedMetadata } from './metadata.ts';
import type { Refusal } from './refusals.ts';
import { believed } from './roster.ts';
import { announce, type Conflicts, claimOf, isFar, type Workings } from './workings.ts';

/** `accused`: whoever said it believes worse of this node than is true, and should be answered. */
export type OwnVerdict = Refusal | 'known' | 'accused';

/** `left` says that everybody was told. */
export type Phase = 'running' | 'leaving' | 'left';

export class OwnLife {
  readonly #workings: Workings;
  readonly #conflicts: Conflicts;
  #phase: Phase = 'running';

  constructor(workings: Workings, conflicts: Conflicts) {
    this.#workings = workings;
    this.#conflicts = conflicts;
    announce(workings.broadcasts, this.claim());
  }

  get phase(): Phase {
    return this.#phase;
  }

  claim(): Claim {
    return claimOf(this.#workings.roster.self, []);
  }

  /** Of a claim about this node. */
  judge(claim: Claim): OwnVerdict {
    const { roster, settings, health } = this.#workings;
    const { self } = roster;
    if (isFar(claim.incarnation, self.incarnation, settings)) return 'far-incarnation';
    if (claim.incarnation < self.incarnation) {
      // From that far below, others cannot be told by others.
      const isBehind = claim.status === 'HEALTHY' && !isFar(self.incarnation, claim.incarnation, settings);
      return isBehind ? 'known' : 'accused';
    }
    if (claim.status === 'HEALTHY' && claim.content.address !== self.address) {
      return this.conflict(claim.content.address);
    }
    if (claim.incarnation === self.incarnation) {
      if (this.#agrees(claim)) return 'known';
      // Who leaves has said the last word of this incarnation: it is enough to say it again.
      if (this.#phase !== 'running') return 'accused';
    }
    if (claim.status === 'SUSPECT' || claim.status === 'UNHEALTHY') health.worse(1);
    this.#raise(claim);
    return 'accused';
  }

  /** Another process says that it is this node. */
  conflict(otherAddress: string): 'conflict' {
    const { roster, outbox } = this.#workings;
    const { id, address } = roster.self;
    if (this.#conflicts.note(id, otherAddress)) {
      outbox.event({ kind: 'conflict', id, address, otherAddress });
    }
    return 'conflict';
  }

  say(metadata: MemberMetadata, nowMs: number): void {
    const { roster, settings, broadcasts, outbox } = this.#workings;
    const bytes = checkedMetadata(metadata, settings.metadataBytesMax);
    const { id, address, incarnation } = roster.self;
    if (this.#phase !== 'running') {
      throw invalidOption('metadata', metadata, 'said by a node that has not left');
    }
    const content = { address, metadata: bytes };
    roster.put(believed(id, incarnation + 1, 'HEALTHY', content, nowMs));
    announce(broadcasts, this.claim());
    outbox.event({ kind: 'updated', member: roster.self });
  }

  leave(nowMs: number): void {
    const { roster, broadcasts } = this.#workings;
    if (this.#phase !== 'running') return;
    this.#phase = 'leaving';
    roster.put({ ...roster.self, status: 'LEFT', sinceMs: nowMs });
    announce(broadcasts, this.claim());
  }

  /** After `leave`, once nobody is left to be told. */
  left(): void {
    assert(this.#phase === 'leaving', 'who has left was leaving');
    this.#phase = 'left';
  }

  #agrees(claim: Claim): boolean {
    const { self } = this.#workings.roster;
    if (claim.status !== 'HEALTHY') return claim.status === self.status;
    return this.#phase !== 'running' || sameBytes(claim.content.metadata, self.content.metadata);
  }

  #raise({ status, incarnation: claimed }: Claim): void {
    const { roster, broadcasts, outbox } = this.#workings;
    const incarnation = claimed + 1;
    roster.put({ ...roster.self, incarnation, contentIncarnation: incarnation });
    announce(broadcasts, this.claim());
    outbox.event({ kind: 'contradicted', status, claimed, incarnation });
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, place) => byte === right[place]);
}
