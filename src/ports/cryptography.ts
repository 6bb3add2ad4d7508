/**
 * What proves who somebody is, and keeps secrets: slow hashes of passwords, codes over messages by a shared secret,
 * and messages sealed with one. Nothing here draws randomness, so a simulated run may use the real one.
 */

export interface Cryptography {
  /** scrypt (RFC 7914) with N = 2^`costLog`, off the event loop. */
  scrypt(request: ScryptRequest): Promise<Uint8Array>;

  /** HMAC-SHA-256 (RFC 2104). */
  hmac(key: Uint8Array, message: Uint8Array): Uint8Array;

  /**
   * AES-256-GCM (NIST SP 800-38D): the message encrypted, and behind it a tag of 16 bytes that proves it and what is
   * associated with it. Never twice the same nonce with one key: whoever sees two such messages can forge.
   */
  seal(request: SealRequest): Uint8Array;

  /** What `seal` was given; undefined when any of it differs by a bit: another key, nonce or association, other bytes. */
  open(request: OpenRequest): Uint8Array | undefined;

  /** Whether two values are equal, in a time that tells nothing of where they differ. */
  isEqual(left: Uint8Array, right: Uint8Array): boolean;
}

export interface ScryptRequest {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly costLog: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly hashBytes: number;
}

export interface SealRequest {
  /** 32 bytes, which must not change from the first call on: what is made of them is kept. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  readonly message: Uint8Array;
  /** Proved and not encrypted; whoever opens has to know it. */
  readonly associated: Uint8Array;
}

export interface OpenRequest {
  /** As for `seal`. */
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** What `seal` answered. */
  readonly sealed: Uint8Array;
  readonly associated: Uint8Array;
}
