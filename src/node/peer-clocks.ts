/**
 * How far the clock of this node is from those of the other members: it asks each of them now and then what time it
 * is, and says in its metrics, its log and on `quorate:node:clock` when its own clock is off by more than the bound.
 * Nothing in consensus depends on the time of day; leases run on monotonic clocks. But certificates, logs, schedules
 * and timestamps do, and an operator wants to hear of it before they do.
 *
 * Each question goes over a connection of its own, whose making counts into the error of its answer; so the bound is
 * wide on a slow network, and never wrong.
 */
import { type Duration, durationMs, isQuorateError } from '../base/index.ts';
import type { MemberId } from '../raft/index.ts';
import { ClockOffsets, ClockWatcher, type OffsetEstimate, type SkewVerdict } from '../time/index.ts';
import { askNode } from './ask-node.ts';
import { publishClockVerdict } from './channels.ts';
import type { MemberDirectory } from './member-directory.ts';
import { readStatusTime } from './node-status.ts';
import type { NodeOptions } from './options.ts';

export interface PeerClocksOptions {
  readonly node: NodeOptions;
  readonly every: Duration;
  readonly directory: MemberDirectory;
  /** This node may be among them. */
  readonly members: () => readonly MemberId[];
  /** This program is wrong: asking failed as it never may. */
  readonly onFailure: (error: unknown) => void;
}

const answerMsMax = 2_000;
const noBytes = new Uint8Array(0);

export class PeerClocks {
  readonly #options: PeerClocksOptions;
  readonly #everyMs: number;
  readonly #offsets: ClockOffsets;
  readonly #watcher: ClockWatcher;
  readonly #closing = new AbortController();
  /** Who is being asked; nobody is asked twice at a time. */
  readonly #asked = new Map<MemberId, Promise<void>>();
  #known = new Set<string>();
  #dueAt = 0;
  #verdict: SkewVerdict = 'within';

  constructor(options: PeerClocksOptions) {
    const { node, every } = options;
    this.#options = options;
    this.#everyMs = durationMs(every, 'clockExchange');
    this.#offsets = new ClockOffsets({ self: String(node.identity.member) });
    this.#watcher = new ClockWatcher({ beat: every });
  }

  /** `undefined` while there is nobody to compare with. */
  estimate(): OffsetEstimate | undefined {
    if (this.#known.size === 0) return undefined;
    return this.#offsets.estimate(this.#options.node.machine.clock.now());
  }

  tick(now: number): void {
    if (now < this.#dueAt || this.#closing.signal.aborted) return;
    this.#dueAt = now + this.#everyMs;
    const { node, members } = this.#options;
    const beat = this.#watcher.observe(now, node.machine.clock.wall());
    // What was measured against the time of before says nothing of this one.
    if (beat.kind === 'suspended' || beat.kind === 'wall-stepped') this.#offsets.reset();
    const others = members().filter((member) => member !== node.identity.member);
    this.#forgetOthersThan(others);
    this.#judge();
    for (const member of others) this.#ask(member);
  }

  /** Resolves when no question is under way any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the node was closed'));
    await Promise.all(this.#asked.values());
  }

  #forgetOthersThan(members: readonly MemberId[]): void {
    const names = new Set(members.map(String));
    for (const name of this.#known) if (!names.has(name)) this.#offsets.forget(name);
    this.#known = names;
  }

  #ask(member: MemberId): void {
    if (this.#asked.has(member)) return;
    const asked = this.#exchange(member)
      .catch((error: unknown) => this.#unanswered(member, error))
      .finally(() => this.#asked.delete(member));
    this.#asked.set(member, asked);
  }

  async #exchange(member: MemberId): Promise<void> {
    const { node, directory } = this.#options;
    const address = directory.address(member);
    if (address === undefined) return;
    const { clock, network } = node.machine;
    const sentMs = clock.wall();
    const answer = await askNode({
      network,
      clock,
      checksum: node.checksum,
      address,
      cluster: node.identity.cluster,
      asMember: node.identity.member,
      kind: 'status',
      body: noBytes,
      timeoutMs: answerMsMax,
      signal: this.#closing.signal,
    });
    const receivedMs = clock.wall();
    const timeMs = readStatusTime(answer);
    if (timeMs === undefined || !this.#known.has(String(member))) return;
    const exchange = { sentMs, heardMs: timeMs, answeredMs: timeMs, receivedMs };
    const sample = this.#offsets.observe(String(member), exchange, clock.now());
    if (typeof sample === 'string')
      node.machine.log.debug('a time tells nothing', { member, timeMs, fault: sample });
  }

  /** A member that is down, or of a release that does not tell the time. */
  #unanswered(member: MemberId, error: unknown): void {
    const { node, onFailure } = this.#options;
    if (this.#closing.signal.aborted) return;
    if (isQuorateError(error)) node.machine.log.debug('a member did not tell the time', { member, error });
    else onFailure(error);
  }

  /** Says once when the clock here is off by more than its bound, and once when it is right again. */
  #judge(): void {
    const estimate = this.estimate();
    if (estimate?.state !== 'agreed' || estimate.skew === 'uncertain' || estimate.skew === this.#verdict)
      return;
    const { identity, machine } = this.#options.node;
    const { skew, offsetMs, errorMs } = estimate;
    this.#verdict = skew;
    if (skew === 'beyond') machine.log.warn('clock is off', { offsetMs, errorMs });
    else machine.log.info('clock is right again', { offsetMs, errorMs });
    publishClockVerdict(identity, { skew, offsetMs, errorMs });
  }
}
