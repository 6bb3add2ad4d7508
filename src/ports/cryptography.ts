/** What proves who somebody is: slow hashes of passwords, and codes over messages by a shared secret. */

export interface Cryptography {
  /** scrypt (RFC 7914) with N = 2^`costLog`, off the event loop. */
  scrypt(request: ScryptRequest): Promise<Uint8Array>;

  /** HMAC-SHA-256 (RFC 2104). */
  hmac(key: Uint8Array, message: Uint8Array): Uint8Array;

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
