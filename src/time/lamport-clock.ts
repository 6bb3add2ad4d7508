/**
 * Lamport's clock (Time, Clocks, and the Ordering of Events in a Distributed System, 1978): a counter that passes
 * everything that it hears of, so what may have caused an event has a smaller number than the event. The converse
 * does not hold: a smaller number says nothing about causes. Numbers and the name of the node together are a total
 * order, the same for everybody.
 *
 * A counter that believes whatever it is told is pushed to its end by one damaged message, and then stands for ever.
 * So a jump has a bound, and the counter a ceiling that counting alone does not reach.
 */
import { QuorateError } from '../base/index.ts';
import { checkActor, compareTexts } from './actor.ts';
import { wholeNumber } from './figures.ts';

export interface LamportTimestamp {
  readonly time: number;
  readonly node: string;
}

export interface LamportClockOptions {
  /** The name of this node: unique, or two events may have one place in the order. */
  readonly node: string;
  /** The time to go on from: at least what the clock said before a restart. Default 0. */
  readonly time?: number;
  /** How far ahead of this clock a timestamp may be. Default 2³²; beyond it is refused with `clock-ahead`. */
  readonly jumpMax?: number;
}

/** Half of what a number counts exactly; from here a million ticks a second take more than a hundred years to the end. */
const lamportTimeMax: number = 2 ** 52;

const jumpMaxDefault = 2 ** 32;

export class LamportClock {
  readonly #node: string;
  readonly #jumpMax: number;
  #time: number;

  constructor({ node, time = 0, jumpMax = jumpMaxDefault }: LamportClockOptions) {
    checkActor(node);
    this.#node = node;
    this.#time = wholeNumber('time', time, 0, lamportTimeMax);
    this.#jumpMax = wholeNumber('jumpMax', jumpMax, 1, lamportTimeMax);
  }

  /** Of the last event. */
  get time(): number {
    return this.#time;
  }

  /** An event of this node, the sending of a message among them. */
  tick(): LamportTimestamp {
    return this.#advance(this.#time);
  }

  /** The arrival of what another node stamped. Refused with `clock-ahead`, it changes nothing. */
  witness(remote: LamportTimestamp): LamportTimestamp {
    const time = wholeNumber('time of the remote timestamp', remote.time, 0, Number.MAX_SAFE_INTEGER);
    const ticksAhead = time - this.#time;
    const ticksMax = Math.min(this.#jumpMax, Math.max(0, lamportTimeMax - this.#time));
    if (ticksAhead > ticksMax) throw tooFarAhead(remote, ticksAhead, ticksMax);
    return this.#advance(Math.max(this.#time, time));
  }

  #advance(from: number): LamportTimestamp {
    this.#time = from + 1;
    return { time: this.#time, node: this.#node };
  }
}

/** The total order: by time, and where that is the same by the name of the node. */
export function compareLamport(left: LamportTimestamp, right: LamportTimestamp): -1 | 0 | 1 {
  if (left.time !== right.time) return left.time < right.time ? -1 : 1;
  return compareTexts(left.node, right.node);
}

function tooFarAhead(
  { node, time }: LamportTimestamp,
  ticksAhead: number,
  ticksMax: number,
): QuorateError<'clock-ahead'> {
  return new QuorateError({
    code: 'clock-ahead',
    message: `a timestamp of ${String(node)} at ${time} is ${ticksAhead} ticks ahead, and ${ticksMax} are believed; look at what counts there`,
    data: { clock: 'lamport', ticksAhead, ticksMax },
  });
}
