/**
 * Who waits, in order. The links are in those who wait, so that one who gives up leaves from the middle at the cost of
 * two writes, however long the line is: a queue in which the dead stay until their turn comes fills up with them while
 * an upstream hangs.
 */

/** A place in a line: made by whoever waits. Its links are the line's. */
export interface LinePlace<Place> {
  ahead: Place | undefined;
  next: Place | undefined;
}

export class Line<Place extends LinePlace<Place>> {
  #first: Place | undefined;
  #last: Place | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Place | undefined {
    return this.#first;
  }

  get last(): Place | undefined {
    return this.#last;
  }

  /** `place` must be in no line. */
  add(place: Place): void {
    const last = this.#last;
    place.ahead = last;
    if (last === undefined) this.#first = place;
    else last.next = place;
    this.#last = place;
    this.#size += 1;
  }

  /** `place` must be in this line. */
  remove(place: Place): void {
    const { ahead, next } = place;
    if (ahead === undefined) this.#first = next;
    else ahead.next = next;
    if (next === undefined) this.#last = ahead;
    else next.ahead = ahead;
    place.ahead = undefined;
    place.next = undefined;
    this.#size -= 1;
  }
}
