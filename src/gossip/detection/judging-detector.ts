/**
 * What detectors have in common: members and what was heard of them, strikes, time of their own, the bound. How
 * suspicious a silence is, is all that a detector adds. Members lie in an array as well as in a map, since an array can
 * be walked without making anything.
 */
import { assert, invalidOption } from '../../base/index.ts';
import type {
  FailureDetector,
  HeartbeatFault,
  Judgement,
  MemberStatus,
  StatusChange,
} from './failure-detector.ts';
import { type JudgingOptions, type JudgingSettings, judgingSettings } from './judging-settings.ts';
import { OwnTime } from './own-time.ts';
import { moveBy, type Sign, type Standing } from './strikes.ts';

interface Member<Memory> extends Standing {
  readonly id: string;
  readonly memory: Memory;
  /** Where it lies in the array. */
  place: number;
  /** In own time. */
  heardMs: number;
  /** When a judging last counted, in own time. */
  judgedMs: number;
}

/** What visitors are shown, one member after the other. */
type Shown = { -readonly [Field in keyof Judgement]: Judgement[Field] };

/** From which suspicion on a silence speaks against a member. */
export interface SuspicionBounds {
  readonly suspect: number;
  readonly unhealthy: number;
}

export abstract class JudgingDetector<Memory> implements FailureDetector {
  readonly #settings: JudgingSettings;
  readonly #bounds: SuspicionBounds;
  readonly #time: OwnTime;
  readonly #members = new Map<string, Member<Memory>>();
  readonly #walk: Member<Memory>[] = [];
  readonly #shown: Shown = {
    id: '',
    status: 'UNKNOWN',
    silentMs: 0,
    suspicion: 0,
    strikes: 0,
    change: undefined,
  };

  constructor(options: JudgingOptions, bounds: SuspicionBounds) {
    this.#settings = judgingSettings(options);
    this.#bounds = bounds;
    this.#time = new OwnTime(this.#settings.leapMaxMs);
  }

  get size(): number {
    return this.#walk.length;
  }

  heartbeat(id: string, nowMs: number): StatusChange | HeartbeatFault | undefined {
    const timeMs = this.#time.at(nowMs);
    const member = this.#members.get(id);
    if (member === undefined) return this.#meet(id, timeMs);
    if (member.status === 'LEFT') return undefined;
    this.learn(member.memory, timeMs - member.heardMs);
    member.heardMs = timeMs;
    return this.#move(member, 'heartbeat');
  }

  judge(id: string, nowMs: number): Judgement {
    const timeMs = this.#time.at(nowMs);
    const member = this.#members.get(id);
    if (member === undefined) {
      return { id, status: 'UNKNOWN', silentMs: 0, suspicion: 0, strikes: 0, change: undefined };
    }
    return { ...this.#judged(member, timeMs) };
  }

  judgeAll(nowMs: number, visit: (judgement: Judgement) => void): void {
    const timeMs = this.#time.at(nowMs);
    // From the end, so that a member whose place is taken by the last one when it is removed was told before.
    for (let place = this.#walk.length - 1; place >= 0; place -= 1) {
      const member = this.#walk[place];
      if (member !== undefined) visit(this.#judged(member, timeMs));
    }
  }

  left(id: string): StatusChange | undefined {
    const member = this.#members.get(id);
    return member === undefined ? undefined : this.#move(member, 'goodbye');
  }

  remove(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    const last = this.#walk.pop() as Member<Memory>;
    if (last !== member) {
      last.place = member.place;
      this.#walk[member.place] = last;
    }
    assert(this.#walk.length === this.#members.size, 'every member lies in the map and in the array');
  }

  stalled(forMs: number, nowMs: number): void {
    if (!(forMs >= 0)) throw invalidOption('forMs', forMs, 'a number of milliseconds of at least 0');
    this.#time.at(nowMs);
    const timeMs = this.#time.without(forMs);
    // Who was heard of since it goes on was heard of just now.
    for (const member of this.#walk) {
      if (member.heardMs > timeMs) member.heardMs = timeMs;
      if (member.judgedMs > timeMs) member.judgedMs = timeMs;
    }
  }

  /** What is remembered of a member that was heard of for the first time. */
  protected abstract fresh(): Memory;

  protected abstract learn(memory: Memory, intervalMs: number): void;

  /** Grows with the silence. */
  protected abstract suspicionOf(memory: Memory, silentMs: number): number;

  #meet(id: string, timeMs: number): StatusChange | HeartbeatFault | undefined {
    if (typeof id !== 'string' || id === '') throw invalidOption('id', id, 'the id of a member, not empty');
    if (this.#walk.length >= this.#settings.membersMax && !this.#forgetWhoLeft()) return 'too-many-members';
    const member: Member<Memory> = {
      id,
      memory: this.fresh(),
      place: this.#walk.length,
      status: 'UNKNOWN',
      strikes: 0,
      credits: 0,
      heardMs: timeMs,
      judgedMs: Number.NEGATIVE_INFINITY,
    };
    this.#members.set(id, member);
    this.#walk.push(member);
    return this.#move(member, 'heartbeat');
  }

  #forgetWhoLeft(): boolean {
    for (const { id, status } of this.#walk) {
      if (status !== 'LEFT') continue;
      this.remove(id);
      return true;
    }
    return false;
  }

  /** Shows the member in the one object that there is for it. */
  #judged(member: Member<Memory>, timeMs: number): Shown {
    const silentMs = Math.max(0, timeMs - member.heardMs);
    const suspicion = this.suspicionOf(member.memory, silentMs);
    const shown = this.#shown;
    shown.change = undefined;
    if (timeMs - member.judgedMs >= this.#settings.strikeEveryMs) {
      member.judgedMs = timeMs;
      shown.change = this.#move(member, this.#signOf(suspicion));
    }
    shown.id = member.id;
    shown.status = member.status;
    shown.silentMs = silentMs;
    shown.suspicion = suspicion;
    shown.strikes = member.strikes;
    return shown;
  }

  #signOf(suspicion: number): Sign {
    if (suspicion >= this.#bounds.unhealthy) return 'bad';
    return suspicion >= this.#bounds.suspect ? 'suspicious' : 'calm';
  }

  #move(member: Member<Memory>, sign: Sign): StatusChange | undefined {
    const from: MemberStatus = member.status;
    moveBy(member, sign, this.#settings);
    return member.status === from ? undefined : { id: member.id, from, to: member.status };
  }
}
