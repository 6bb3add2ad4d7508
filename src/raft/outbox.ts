/**
 * Messages on their way out, and what they wait for. A vote or an acknowledgement is a promise, and a promise
 * that a crash can take back is none (Raft, figure 2: "updated on stable storage before responding"). So such
 * a message stays here until the persist that holds its ground is answered; the host never sees it earlier.
 */
import { assert, Deque } from '../base/index.ts';
import type { Message } from './messages.ts';

interface Waiting {
  readonly sequence: number;
  message: Message;
}

/** How many of the newest waiting messages are asked whether a further one says what they do. */
const joinedMax = 16;

export class Outbox {
  #ready: Message[] = [];
  readonly #waiting = new Deque<Waiting>();
  #issued = 0;
  #durable = 0;
  #hardStateDirty = false;
  #logDirty = false;
  /** The persist that holds the present term and vote. */
  #hardStateSequence = 0;

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  get needsPersist(): boolean {
    return this.#hardStateDirty || this.#logDirty;
  }

  get hardStateDirty(): boolean {
    return this.#hardStateDirty;
  }

  /** A persist is under way. */
  get isPersisting(): boolean {
    return this.#durable < this.#issued;
  }

  /** True when the present term and vote would survive a crash. */
  get hardStateDurable(): boolean {
    return !this.#hardStateDirty && this.#hardStateSequence <= this.#durable;
  }

  markHardState(): void {
    this.#hardStateDirty = true;
  }

  markLog(): void {
    this.#logDirty = true;
  }

  /** For messages that promise nothing new. */
  send(message: Message): void {
    this.#ready.push(message);
  }

  /** Leaves when the present term and vote are durable. */
  sendAfterHardState(message: Message): void {
    this.#sendAfter(this.#hardStateDirty ? this.#issued + 1 : this.#hardStateSequence, message);
  }

  /** Leaves when everything up to the present end of the log is durable too. */
  sendAfterLog(message: Message): void {
    this.#sendAfter(this.needsPersist ? this.#issued + 1 : this.#issued, message);
  }

  /** Takes the number of a new persist, which holds all that was marked. */
  beginPersist(): number {
    assert(this.needsPersist, 'a persist holds something');
    this.#issued += 1;
    if (this.#hardStateDirty) this.#hardStateSequence = this.#issued;
    this.#hardStateDirty = false;
    this.#logDirty = false;
    return this.#issued;
  }

  /** Persists up to `sequence` are durable: what waited for them may leave. */
  persisted(sequence: number): void {
    assert(sequence <= this.#issued, 'only an issued persist is answered');
    this.#durable = Math.max(this.#durable, sequence);
    // Messages wait in the order of their sequence but for those that need the hard state only, which is
    // earlier; so the whole queue is looked at. It is bounded by what one persist cycle can bring.
    for (let left = this.#waiting.size; left > 0; left -= 1) {
      const waiting = this.#waiting.popFront() as Waiting;
      if (waiting.sequence <= this.#durable) this.#ready.push(waiting.message);
      else this.#waiting.pushBack(waiting);
    }
  }

  /** A new term began: acknowledgements and votes of the old one are nobody's business any more. */
  forgetWaiting(): void {
    this.#waiting.clear();
  }

  take(): Message[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #sendAfter(sequence: number, message: Message): void {
    if (sequence <= this.#durable) this.#ready.push(message);
    else if (!this.#joins(sequence, message)) this.#waiting.pushBack({ sequence, message });
  }

  /**
   * While a disk hangs its leader asks again and again. An answer that says at least as much as one before it
   * takes its place, as if that one had been lost, so that what waits does not grow with time.
   */
  #joins(sequence: number, message: Message): boolean {
    const { size } = this.#waiting;
    for (let place = size - 1; place >= Math.max(0, size - joinedMax); place -= 1) {
      const waiting = this.#waiting.at(place);
      if (waiting.sequence !== sequence) continue;
      const joint = jointAnswer(waiting.message, message);
      if (joint === undefined) continue;
      waiting.message = joint;
      return true;
    }
    return false;
  }
}

/** Which of two messages of one term to one member says what both say, if either does. */
function jointAnswer(before: Message, message: Message): Message | undefined {
  if (before.to !== message.to) return undefined;
  if (before.kind === 'append-accepted' && message.kind === 'append-accepted') {
    if (before.damaged !== message.damaged) return undefined;
    return message.match > before.match ? message : before;
  }
  if (before.kind === 'heartbeat-reply' && message.kind === 'heartbeat-reply')
    return before.damaged === message.damaged && before.round <= message.round ? message : undefined;
  // Asked once more, with the same log: a member that hears no leader does so at each election timeout.
  if (before.kind === 'vote-request' && message.kind === 'vote-request')
    return before.preVote && message.preVote ? message : undefined;
  return undefined;
}
