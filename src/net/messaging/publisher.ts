/**
 * Tells subscribers what is published here. Nobody waits for anybody: what a slow connection cannot take is
 * counted and left out, and its subscriber is told how much that was, at the place where it is missing.
 */
import { encodePublication } from './packet.ts';
import { checkSubject } from './subject.ts';
import { SubjectIndex } from './subject-index.ts';

/** A connection with subscribers, as the publisher sees it. */
export interface EventSink {
  /** Too much waits for it: what is published is counted and not told, until `drained`. */
  readonly isFull: boolean;
  /** Whether its peer takes so much at once. */
  fits(bytes: number): boolean;
  tell(id: number, publication: Uint8Array): void;
  tellGap(id: number, missed: number): void;
}

export class Subscriber {
  readonly pattern: string;
  readonly id: number;
  readonly sink: EventSink;
  /** Publications that were left out and not told yet. */
  missed = 0;

  constructor(pattern: string, id: number, sink: EventSink) {
    this.pattern = pattern;
    this.id = id;
    this.sink = sink;
  }
}

export class Publisher {
  readonly #index = new SubjectIndex<Subscriber>();
  /** Events that were left out since the start, all subscribers together. */
  missed = 0;

  add(subscriber: Subscriber): void {
    this.#index.add(subscriber.pattern, subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#index.remove(subscriber.pattern, subscriber);
  }

  publish(subject: string, body: Uint8Array): void {
    checkSubject(subject);
    let publication: Uint8Array | undefined;
    this.#index.forEach(subject, (subscriber) => {
      publication ??= encodePublication(subject, body);
      this.#tell(subscriber, publication);
    });
  }

  /** There is room again: tells what is missing, to each of these that misses something. */
  drained(subscribers: Iterable<Subscriber>): void {
    for (const subscriber of subscribers) if (subscriber.missed > 0) this.#tellGap(subscriber);
  }

  #tell(subscriber: Subscriber, publication: Uint8Array): void {
    const { sink, id } = subscriber;
    const canTell = !sink.isFull;
    const isTold = canTell && sink.fits(publication.length);
    if (!isTold) {
      subscriber.missed += 1;
      this.missed += 1;
    }
    if (canTell && subscriber.missed > 0) this.#tellGap(subscriber);
    if (isTold) sink.tell(id, publication);
  }

  #tellGap(subscriber: Subscriber): void {
    const { missed, sink, id } = subscriber;
    subscriber.missed = 0;
    sink.tellGap(id, missed);
  }
}
