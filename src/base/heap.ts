/** A binary heap: the least element by `compare` first. Ties have no order; put a counter into the element where one is needed. */
export class Heap<T> {
  readonly #elements: T[] = [];
  readonly #compare: (left: T, right: T) => number;

  constructor(compare: (left: T, right: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#elements.length;
  }

  peek(): T | undefined {
    return this.#elements[0];
  }

  push(element: T): void {
    const elements = this.#elements;
    let index = elements.length;
    elements.push(element);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = elements[parentIndex] as T;
      if (this.#compare(element, parent) >= 0) break;
      elements[index] = parent;
      index = parentIndex;
    }
    elements[index] = element;
  }

  pop(): T | undefined {
    const elements = this.#elements;
    const least = elements[0];
    const last = elements.pop();
    if (elements.length > 0) this.#sink(last as T);
    return least;
  }

  /** Puts `element` where the root was, and moves it down to its place. */
  #sink(element: T): void {
    const elements = this.#elements;
    const half = elements.length >> 1;
    let index = 0;
    while (index < half) {
      let childIndex = 2 * index + 1;
      const right = childIndex + 1;
      if (right < elements.length && this.#compare(elements[right] as T, elements[childIndex] as T) < 0) {
        childIndex = right;
      }
      const child = elements[childIndex] as T;
      if (this.#compare(element, child) <= 0) break;
      elements[index] = child;
      index = childIndex;
    }
    elements[index] = element;
  }
}
