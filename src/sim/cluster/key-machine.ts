/**
 * What simulated clusters replicate: registers that clients write, read and compare-and-set. Small on purpose,
 * since the object under test is everything around it; each applied index has a hash, so that two members which
 * ever differ are caught at the first index at which they do.
 */
import { assert, ByteReader, ByteWriter, crc32, type QuorateError } from '../../base/index.ts';
import { commandUnknown, type StateMachine } from '../../node/index.ts';

export type KeyCommand =
  | { readonly kind: 'write'; readonly key: number; readonly value: number }
  | { readonly kind: 'cas'; readonly key: number; readonly expected: number; readonly value: number };

/** `value` 0 stands for "never written". */
export interface KeyAnswer {
  readonly done: boolean;
  readonly value: number;
  readonly revision: number;
}

interface Register {
  readonly value: number;
  readonly revision: number;
}

export interface KeyMachineObserver {
  /** The state after `index` has this hash. */
  reached(index: number, hash: number): void;
  /** A snapshot took the place of the state. */
  restored(): void;
  /** A register took a new value. */
  wrote?(value: number, revision: number): void;
  /** What follows is agreed at this level. */
  leveled?(level: number): void;
}

const chunkRegisters = 64;

export class KeyMachine implements StateMachine {
  readonly #observer: KeyMachineObserver;
  readonly #writer = new ByteWriter(64);
  #registers = new Map<number, Register>();
  #applied = 0;
  /** Of all commands so far, in order. */
  #history = 0;
  /** Of the registers as they are, in any order: a snapshot that loses one must not go unseen. */
  #content = 0;

  constructor(observer: KeyMachineObserver) {
    this.#observer = observer;
  }

  get applied(): number {
    return this.#applied;
  }

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    assert(index === this.#applied + 1, 'entries are applied in order, each once');
    this.#applied = index;
    this.#writer.reset();
    this.#writer.varint(index);
    if (command !== undefined) this.#writer.raw(command);
    this.#history = crc32(this.#writer.bytes(), this.#history);
    const answer = command === undefined ? undefined : this.#change(index, this.decode(command));
    this.#observer.reached(index, this.hash());
    return answer === undefined ? new Uint8Array(0) : encodeAnswer(answer);
  }

  read(query: Uint8Array): Uint8Array {
    const { value, revision } = this.#register(new ByteReader(query, 'query').varint());
    return encodeAnswer({ done: true, value, revision });
  }

  snapshot(): Iterable<Uint8Array> {
    // Copied before the first chunk is asked for: a generator would begin only then.
    return chunksOf(this.#history, [...this.#registers]);
  }

  async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const registers = new Map<number, Register>();
    let history: number | undefined;
    for await (const chunk of chunks) {
      const reader = new ByteReader(chunk, 'snapshot of registers');
      if (history === undefined) {
        history = reader.u32();
        continue;
      }
      while (reader.remaining > 0)
        registers.set(reader.varint(), { value: reader.varint(), revision: reader.varint() });
    }
    this.#registers = registers;
    this.#applied = index;
    this.#history = history ?? 0;
    this.#content = 0;
    for (const [key, register] of registers) this.#mix(key, register);
    this.#observer.restored();
    this.#observer.reached(index, this.hash());
  }

  refusal(command: Uint8Array): QuorateError | undefined {
    return this.knows(command[0] ?? 0) ? undefined : commandUnknown(command);
  }

  atLevel(level: number): void {
    this.#observer.leveled?.(level);
  }

  hash(): number {
    return (this.#history ^ this.#content) >>> 0;
  }

  protected knows(kind: number): boolean {
    return kind === 1 || kind === 2;
  }

  protected decode(command: Uint8Array): KeyCommand {
    return decodeCommand(command);
  }

  #change(revision: number, command: KeyCommand): KeyAnswer {
    const before = this.#register(command.key);
    if (command.kind === 'cas' && before.value !== command.expected) return { done: false, ...before };
    const after = { value: command.value, revision };
    if (before.revision > 0) this.#mix(command.key, before);
    this.#mix(command.key, after);
    this.#registers.set(command.key, after);
    this.#observer.wrote?.(command.value, revision);
    return { done: true, value: command.value, revision };
  }

  /** Puts a register into the content's hash, or takes it out again. */
  #mix(key: number, { value, revision }: Register): void {
    this.#writer.reset();
    this.#writer.varint(key);
    this.#writer.varint(value);
    this.#writer.varint(revision);
    this.#content ^= crc32(this.#writer.bytes());
  }

  #register(key: number): Register {
    return this.#registers.get(key) ?? { value: 0, revision: 0 };
  }
}

function* chunksOf(hash: number, unsorted: readonly (readonly [number, Register])[]): Generator<Uint8Array> {
  const registers = unsorted.toSorted(([left], [right]) => left - right);
  const writer = new ByteWriter(1024);
  writer.u32(hash);
  writer.varint(registers.length);
  yield writer.copy();
  for (let from = 0; from < registers.length; from += chunkRegisters) {
    writer.reset();
    for (const [key, { value, revision }] of registers.slice(from, from + chunkRegisters)) {
      writer.varint(key);
      writer.varint(value);
      writer.varint(revision);
    }
    yield writer.copy();
  }
}

/** Each use begins anew, and ends with a copy. */
const writer = new ByteWriter(64);

export function encodeCommand(command: KeyCommand): Uint8Array {
  writer.reset();
  writer.u8(command.kind === 'write' ? 1 : 2);
  writer.varint(command.key);
  writer.varint(command.value);
  if (command.kind === 'cas') writer.varint(command.expected);
  return writer.copy();
}

/** Begins a write as the second release has it. To the first it is a compare-and-set. */
export const secondForm = 3;

export function encodeSecondForm(key: number, value: number): Uint8Array {
  writer.reset();
  writer.u8(secondForm);
  writer.varint(value);
  writer.varint(key);
  writer.varint(0);
  return writer.copy();
}

export function decodeSecondForm(bytes: Uint8Array): KeyCommand {
  const reader = new ByteReader(bytes.subarray(1), 'command');
  const value = reader.varint();
  return { kind: 'write', key: reader.varint(), value };
}

export function encodeQuery(key: number): Uint8Array {
  writer.reset();
  writer.varint(key);
  return writer.copy();
}

export function decodeAnswer(bytes: Uint8Array): KeyAnswer {
  const reader = new ByteReader(bytes, 'answer');
  return { done: reader.u8() === 1, value: reader.varint(), revision: reader.varint() };
}

function decodeCommand(bytes: Uint8Array): KeyCommand {
  const reader = new ByteReader(bytes, 'command');
  const kind = reader.u8();
  const key = reader.varint();
  const value = reader.varint();
  return kind === 1 ? { kind: 'write', key, value } : { kind: 'cas', key, value, expected: reader.varint() };
}

function encodeAnswer({ done, value, revision }: KeyAnswer): Uint8Array {
  writer.reset();
  writer.u8(done ? 1 : 0);
  writer.varint(value);
  writer.varint(revision);
  return writer.copy();
}
