/**
 * Writes one reply at a time into one buffer, and keeps it within its size: entries beyond are left out and
 * the reply says so. One entry always fits, so that a reader always comes forward.
 */
import { ByteWriter } from '../base/index.ts';
import type { Operation } from './commands.ts';
import type { Head } from './head.ts';
import { encodeKeyValue } from './key-value.ts';
import { type Refusal, refusalCodes } from './refusals.ts';
import { type ReplyKind, replyKinds, replyVersion, resultFlags } from './reply-format.ts';

const highUnit = 0x1_0000_0000;
const revisionAt = 2;

/** More than what an entry needs beside its key and value. */
const entryOverheadBytes = 40;
const noBytes = new Uint8Array(0);

export class ReplyWriter {
  readonly #writer = new ByteWriter(1024);
  #entries = 0;
  #bytesMax = 0;
  #listAt = 0;
  #listLength = 0;

  begin(kind: ReplyKind, bytesMax: number): void {
    this.#writer.reset();
    this.#writer.u8(replyVersion);
    this.#writer.u8(replyKinds[kind]);
    this.#writer.skip(8);
    this.#entries = 0;
    this.#bytesMax = bytesMax;
  }

  /** Closes the reply: a view, valid until the next `begin`. */
  finish(revision: number): Uint8Array {
    this.#writer.patchU32(revisionAt, revision % highUnit);
    this.#writer.patchU32(revisionAt + 4, Math.floor(revision / highUnit));
    return this.#writer.bytes();
  }

  refused(refusal: Refusal): void {
    this.#writer.u8(refusalCodes.indexOf(refusal.code) + 1);
    this.#writer.varint(refusal.first);
    this.#writer.varint(refusal.second);
  }

  lease(lease: number, ttlMs: number): void {
    this.#writer.varint(lease);
    this.#writer.varint(ttlMs);
  }

  security(table: Uint8Array): void {
    this.#writer.block(table);
  }

  transaction(succeeded: boolean): void {
    this.#writer.u8(succeeded ? 1 : 0);
  }

  /** Names a result in the list of a transaction's results. */
  tag(kind: Operation['kind']): void {
    this.#writer.u8(replyKinds[kind]);
    this.#listLength += 1;
  }

  put(key: Uint8Array, previous: { readonly head: Head; readonly value: Uint8Array } | undefined): void {
    const fits = previous !== undefined && this.#fits(key, previous.value);
    this.#writer.u8(previous === undefined ? 0 : fits ? resultFlags.previous : resultFlags.truncated);
    if (fits) this.#entry(key, previous.value, previous.head);
  }

  appended(key: Uint8Array): void {
    this.#writer.block(key);
  }

  added(before: number, after: number): void {
    this.#writer.u8(
      (before < 0 ? resultFlags.negativeBefore : 0) | (after < 0 ? resultFlags.negativeAfter : 0),
    );
    this.#writer.varint(Math.abs(before));
    this.#writer.varint(Math.abs(after));
  }

  deleted(count: number, truncated: boolean): void {
    this.#writer.varint(count);
    this.#writer.u8(truncated ? resultFlags.truncated : 0);
  }

  got(count: number, more: boolean, resume: Uint8Array | undefined): void {
    this.#writer.u8((more ? resultFlags.more : 0) | (resume === undefined ? 0 : resultFlags.resume));
    this.#writer.varint(count);
    if (resume !== undefined) this.#writer.block(resume);
  }

  /** Lists do not nest, but for the results of a transaction, whose place the caller keeps. */
  beginList(): ListPlace {
    const outer = { at: this.#listAt, length: this.#listLength };
    this.#listAt = this.#writer.skip(4);
    this.#listLength = 0;
    return outer;
  }

  endList(outer: ListPlace): void {
    this.#writer.patchU32(this.#listAt, this.#listLength);
    this.#listAt = outer.at;
    this.#listLength = outer.length;
  }

  /** An entry of the open list; false when it does not fit and was left out. */
  entry(key: Uint8Array, value: Uint8Array | undefined, head: Head): boolean {
    if (!this.#fits(key, value ?? noBytes)) return false;
    this.#entry(key, value ?? noBytes, head);
    this.#listLength += 1;
    return true;
  }

  #fits(key: Uint8Array, value: Uint8Array): boolean {
    const bytes = key.length + value.length + entryOverheadBytes;
    return this.#entries === 0 || this.#writer.length + bytes <= this.#bytesMax;
  }

  #entry(key: Uint8Array, value: Uint8Array, head: Head): void {
    this.#entries += 1;
    encodeKeyValue(this.#writer, key, value, head);
  }
}

interface ListPlace {
  readonly at: number;
  readonly length: number;
}
