/**
 * Changes of members and of the leader, as people ask for them: carried out by the node that leads, answered when
 * they are committed, and safe to ask again, because each names its member by identity and what is so already is
 * left as it is. What would stop the cluster is refused: a removal takes force with the log entry that orders it,
 * so one that leaves no majority alive would never be committed, and nothing could take it back.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import type { MemberCard, MemberRequest, MemberResult } from '../net/index.ts';
import type { Clock } from '../ports/index.ts';
import type { GroupId, MemberId, RaftStatus } from '../raft/index.ts';
import type { GroupHost } from './group-host.ts';
import { encodeCard, isSameCard, listMembers } from './member-cards.ts';

export interface AdministrationOptions {
  readonly group: GroupId;
  readonly member: MemberId;
  readonly clock: Clock;
  /** How long a successor may take; later leadership stays where it is. */
  readonly handoverMsMax: number;
  /** Throws where the node hosts no such group. */
  readonly host: () => GroupHost;
}

export class Administration {
  readonly #options: AdministrationOptions;
  /** Those who wait for somebody else to lead: asked again whenever something happened. */
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /**
   * Rejects with `not-leader` where another member leads. Every other error says whether anything was changed.
   * `check` throws where whoever asks may not; it is called when this node holds every right that was acknowledged.
   */
  async execute(request: MemberRequest, check?: () => void): Promise<MemberResult> {
    const host = this.#options.host();
    this.#leading(host);
    // Proves that nobody else leads, so that `unchanged` is said of the cluster and not of an old belief.
    await host.confirm();
    const status = this.#leading(host);
    check?.();
    if (status.configurationIndex > status.commit) throw this.#refused('another change is not committed yet');
    switch (request.kind) {
      case 'add':
        return await this.#add(host, status, request.member, request.card);
      case 'update':
        return await this.#update(host, status, request.member, request.card);
      case 'promote':
        return await this.#promote(host, status, request.member);
      case 'remove':
        return await this.#remove(host, status, request.member);
      case 'replace':
        return await this.#replace(host, status, request);
      case 'transfer':
        return await this.#transfer(host, status, request.member);
    }
  }

  /** Before a leader stops: whoever is furthest takes over, so that nobody has to wait for an election. */
  async handOver(): Promise<void> {
    const host = this.#options.host();
    const { role, successors } = host.status;
    const [successor] = successors;
    if (role === 'leader' && successor !== undefined) await this.#passOn(host, successor);
  }

  /** Nobody waits for anything any more. */
  close(): void {
    this.#isClosed = true;
    this.look();
  }

  /** Something has happened. */
  look(): void {
    for (const look of this.#waiting) look();
  }

  async #add(
    host: GroupHost,
    { configuration }: RaftStatus,
    member: MemberId,
    card: MemberCard,
  ): Promise<MemberResult> {
    const members = listMembers(configuration);
    const known = members.find(({ id }) => id === member);
    checkUnique(members, member, card);
    if (known !== undefined && isSameCard(known.card, card)) return 'unchanged';
    const details = encodeCard(card);
    await host.changed([{ kind: known === undefined ? 'add-learner' : 'describe', member, details }]);
    return 'done';
  }

  async #update(
    host: GroupHost,
    { configuration }: RaftStatus,
    member: MemberId,
    change: Partial<MemberCard>,
  ): Promise<MemberResult> {
    const members = listMembers(configuration);
    const known = members.find(({ id }) => id === member);
    if (known === undefined) throw this.#unknown(member);
    const { name, address, part } = { part: known.part, ...known.card, ...change };
    if (name === undefined || address === undefined)
      throw invalidOption(
        'card',
        'a part of it',
        'a name and an address: nothing is known of this member yet',
      );
    const card = { name, address, part };
    checkUnique(members, member, card);
    if (isSameCard(known.card, card)) return 'unchanged';
    await host.changed([{ kind: 'describe', member, details: encodeCard(card) }]);
    return 'done';
  }

  async #promote(host: GroupHost, { configuration }: RaftStatus, member: MemberId): Promise<MemberResult> {
    if (configuration.voters.includes(member)) return 'unchanged';
    if (!configuration.learners.includes(member)) throw this.#unknown(member);
    await host.changed([{ kind: 'promote', member }]);
    return 'done';
  }

  async #remove(host: GroupHost, status: RaftStatus, member: MemberId): Promise<MemberResult> {
    const { configuration, successors } = status;
    if (!listMembers(configuration).some(({ id }) => id === member)) return 'unchanged';
    this.#checkMajority(status, member);
    const [successor] = successors;
    if (member === this.#options.member && successor !== undefined) {
      // Who stays removes it: so the cluster has a leader all the time.
      await this.#passOn(host, successor);
      this.#leading(host);
    }
    await host.changed([{ kind: 'remove', member }]);
    return 'done';
  }

  /** One change, through a joint configuration: at no moment does the cluster bear the loss of fewer than before. */
  async #replace(
    host: GroupHost,
    status: RaftStatus,
    { member, by }: Extract<MemberRequest, { kind: 'replace' }>,
  ): Promise<MemberResult> {
    const { configuration } = status;
    const members = listMembers(configuration);
    if (!members.some(({ id }) => id === by)) throw this.#unknown(by);
    const isVoter = configuration.voters.includes(by);
    const isThere = members.some(({ id }) => id === member);
    if (isVoter && !isThere) return 'unchanged';
    this.#checkMajority(status, member, by);
    const [successor] = status.successors;
    if (member === this.#options.member && successor !== undefined) {
      await this.#passOn(host, successor);
      this.#leading(host);
    }
    await host.changed([
      ...(isVoter ? [] : [{ kind: 'promote' as const, member: by }]),
      ...(isThere ? [{ kind: 'remove' as const, member }] : []),
    ]);
    return 'done';
  }

  async #transfer(host: GroupHost, { configuration }: RaftStatus, member: MemberId): Promise<MemberResult> {
    if (member === this.#options.member) return 'unchanged';
    if (!listMembers(configuration).some(({ id }) => id === member)) throw this.#unknown(member);
    if (!configuration.voters.includes(member)) throw this.#untransferable(member, 'it is a learner', false);
    await this.#passOn(host, member);
    const { leader } = host.status;
    if (leader === member) return 'done';
    throw this.#untransferable(member, `it did not take over in time; member ${leader} leads`, true);
  }

  /** Resolves when the successor leads, as far as this node hears, or when its time is over. */
  async #passOn(host: GroupHost, to: MemberId): Promise<void> {
    const verdict = host.step({ kind: 'transfer', to });
    if (!verdict.accepted) throw verdict.error;
    const { clock, member, handoverMsMax } = this.#options;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        const { leader } = host.status;
        if (!this.#isClosed && (leader === member || leader === 0)) return;
        timer.cancel();
        this.#waiting.delete(look);
        resolve();
      };
      const timer = clock.setTimer(handoverMsMax, () => {
        this.#waiting.delete(look);
        resolve();
      });
      this.#waiting.add(look);
      look();
    });
  }

  /** Without `member`, and with `by`, a majority of voters answers. */
  #checkMajority({ configuration, answering }: RaftStatus, member: MemberId, by?: MemberId): void {
    const { voters } = configuration;
    if (!voters.includes(member)) return;
    const all = by === undefined || voters.includes(by) ? voters : [...voters, by];
    const left = all.filter((voter) => voter !== member);
    const alive = left.filter((voter) => voter === this.#options.member || answering.has(voter));
    if (left.length > 0 && alive.length > left.length / 2) return;
    const reason =
      left.length === 0
        ? 'it is the last voter'
        : `of the ${left.length} voters that would be left only ${alive.length} answer, which is no majority`;
    const { group } = this.#options;
    throw new QuorateError({
      code: 'quorum-at-risk',
      message: `member ${member} cannot be removed: ${reason}; bring the others back or add new ones first`,
      data: { group, member, reason },
    });
  }

  /** The state of the leader, which this node is. */
  #leading(host: GroupHost): RaftStatus {
    const { status } = host;
    if (status.role === 'leader') return status;
    const { group } = this.#options;
    const { leader } = status;
    throw new QuorateError({
      code: 'not-leader',
      message: `this node does not lead: ${leader === 0 ? 'no leader is known; wait for the election' : `ask member ${leader}`}`,
      data: { group, leader },
    });
  }

  #refused(reason: string): QuorateError<'change-refused'> {
    const { group } = this.#options;
    return new QuorateError({
      code: 'change-refused',
      message: `group ${group} cannot change its members now: ${reason}; try again when it is`,
      data: { group, reason },
    });
  }

  #untransferable(to: MemberId, reason: string, retryable: boolean): QuorateError<'transfer-refused'> {
    const { group } = this.#options;
    return new QuorateError({
      code: 'transfer-refused',
      message: `leadership of group ${group} cannot go to member ${to}: ${reason}`,
      data: { group, to, reason },
      retryable,
    });
  }

  #unknown(member: MemberId): QuorateError<'unknown-member'> {
    return new QuorateError({
      code: 'unknown-member',
      message: `nobody in this cluster has the identity ${member}; look at the list of members`,
      data: { member: String(member) },
    });
  }
}

/** A name means one member, and so does an address: two would answer for each other. */
function checkUnique(
  members: ReturnType<typeof listMembers>,
  member: MemberId,
  { name, address: { host, port } }: MemberCard,
): void {
  for (const { id, card } of members) {
    if (id === member || card === undefined) continue;
    const isSameName = card.name === name;
    if (!isSameName && (card.address.host !== host || card.address.port !== port)) continue;
    const what = isSameName ? `name ${name}` : `address ${host}:${port}`;
    throw new QuorateError({
      code: 'member-exists',
      message: `the ${what} belongs to member ${id} (${card.name}); choose another one, or remove that member first if it is gone for good`,
      data: { member: id, what },
    });
  }
}
