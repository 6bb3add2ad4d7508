/** Makes the frames of a backup, one after the other, and proves them where they arrive. */
import { assert, ByteReader, ByteWriter } from '../../base/index.ts';
import type { Cryptography } from '../../ports/index.ts';
import type { Checksum } from '../checksum.ts';
import {
  type BackupHeader,
  type BackupSummary,
  backupDamaged,
  decodeBackupHeader,
  digestBytes,
  encodeBackupEnd,
  encodeBackupHeader,
  frameBytesMax,
  frameBytesOf,
  frameHeadBytes,
  hexOf,
} from './backup-format.ts';

export interface BackupTools {
  readonly cryptography: Pick<Cryptography, 'hmac' | 'isEqual'>;
  readonly checksum: Checksum;
}

/** What holds the frames together, on both sides. */
class Chain {
  readonly #tools: BackupTools;
  /** The checksum of all bytes in frames so far. */
  check = 0;
  bytes = 0;
  digest: Uint8Array = new Uint8Array(digestBytes);

  constructor(tools: BackupTools) {
    this.#tools = tools;
  }

  checkOf(content: Uint8Array): number {
    return this.#tools.checksum(content, this.check);
  }

  add(frame: Uint8Array, check: number): void {
    this.check = check;
    this.bytes += frame.length;
    this.digest = this.#tools.cryptography.hmac(this.digest, frame);
  }

  isDigest(digest: Uint8Array): boolean {
    return this.#tools.cryptography.isEqual(this.digest, digest);
  }
}

export class BackupFrames {
  readonly #chain: Chain;

  constructor(tools: BackupTools) {
    this.#chain = new Chain(tools);
  }

  header(header: BackupHeader): Uint8Array {
    assert(this.#chain.bytes === 0, 'a backup begins with its header');
    return this.#frame(encodeBackupHeader(header));
  }

  chunk(chunk: Uint8Array): Uint8Array {
    assert(this.#chain.bytes > 0, 'a backup begins with its header');
    assert(
      chunk.length > 0 && chunk.length <= frameBytesMax,
      'a chunk holds something, and fits into a frame',
    );
    return this.#frame(chunk);
  }

  end(): Uint8Array {
    const end = encodeBackupEnd(this.#chain.check, this.#chain.bytes);
    this.#chain.add(end, this.#chain.check);
    const writer = new ByteWriter(end.length + digestBytes);
    writer.raw(end);
    writer.raw(this.#chain.digest);
    return writer.copy();
  }

  #frame(content: Uint8Array): Uint8Array {
    const check = this.#chain.checkOf(content);
    const writer = new ByteWriter(frameHeadBytes + content.length);
    writer.u32(content.length);
    writer.u32(check);
    writer.raw(content);
    const frame = writer.copy();
    this.#chain.add(frame, check);
    return frame;
  }
}

export type BackupPart =
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array }
  /** Everything before it is proved. */
  | { readonly kind: 'end'; readonly summary: BackupSummary };

export class BackupProof {
  readonly #chain: Chain;
  readonly #path: string;
  #isOver = false;

  /** `path` is for errors. */
  constructor(path: string, tools: BackupTools) {
    this.#path = path;
    this.#chain = new Chain(tools);
  }

  /** Takes the next whole frame; throws `backup-damaged` at the first that cannot be trusted. What it returns is a view. */
  accept(frame: Uint8Array): BackupPart {
    if (this.#isOver) throw this.#damaged('something follows its end');
    if (frame.length < frameHeadBytes || frameBytesOf(frame, this.#path) !== frame.length)
      throw this.#damaged('a frame is cut short');
    const reader = new ByteReader(frame, 'frame of a backup');
    const length = reader.u32();
    const check = reader.u32();
    const isFirst = this.#chain.bytes === 0;
    // In halves: any number may stand there, and none but the right one fits.
    if (length === 0) return this.#end(frame, check, reader.u32() + reader.u32() * 0x1_0000_0000);
    const content = frame.subarray(frameHeadBytes);
    if (this.#chain.checkOf(content) !== check)
      throw this.#damaged(`the bytes from ${this.#chain.bytes} on do not fit their checksum`);
    this.#chain.add(frame, check);
    if (isFirst) return { kind: 'header', header: decodeBackupHeader(content, this.#path) };
    return { kind: 'chunk', chunk: content };
  }

  #end(frame: Uint8Array, check: number, bytes: number): BackupPart {
    const isFirst = this.#chain.bytes === 0;
    if (isFirst || check !== this.#chain.check || bytes !== this.#chain.bytes + frame.length)
      throw this.#damaged('its end does not fit');
    this.#chain.add(frame.subarray(0, -digestBytes), check);
    const digest = frame.subarray(-digestBytes);
    if (!this.#chain.isDigest(digest)) throw this.#damaged('its digest does not fit');
    this.#isOver = true;
    return { kind: 'end', summary: { bytes, digest: hexOf(digest) } };
  }

  #damaged(problem: string): Error {
    return backupDamaged(this.#path, problem);
  }
}
