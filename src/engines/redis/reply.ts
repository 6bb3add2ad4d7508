/**
 * What our scripts answer: a list of texts and bytes behind a word that says how it went. Read with care, because
 * what listens at the address may be anything.
 */
import { foreign } from './trouble.ts';

const utf8 = new TextDecoder();

/** `undefined` for what is no text. */
export function textOf(answer: unknown): string | undefined {
  return answer instanceof Uint8Array ? utf8.decode(answer) : undefined;
}

export class Reply {
  readonly #words: readonly unknown[];
  readonly #address: string;
  #place = 0;

  constructor(answer: unknown, address: string) {
    this.#address = address;
    if (!Array.isArray(answer)) throw foreign(address, 'a script answered with something else than a list');
    this.#words = answer as readonly unknown[];
  }

  get isOver(): boolean {
    return this.#place >= this.#words.length;
  }

  bytes(): Uint8Array {
    const word = this.#words[this.#place];
    this.#place += 1;
    if (!(word instanceof Uint8Array)) throw foreign(this.#address, 'a script answered with fewer words');
    return new Uint8Array(word);
  }

  text(): string {
    return utf8.decode(this.bytes());
  }

  /** Whole, and within ±(2⁵³ − 1). */
  number(): number {
    const text = this.text();
    const number = Number(text);
    if (text !== '' && Number.isSafeInteger(number)) return number;
    throw foreign(this.#address, `a script answered with ${JSON.stringify(text)} in place of a number`);
  }
}
