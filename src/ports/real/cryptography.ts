/** Cryptography as OpenSSL has it. Hashes of passwords are computed by the pool of threads, beside the event loop. */
import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import type { Cryptography, ScryptRequest } from '../index.ts';

export function realCryptography(): Cryptography {
  return {
    scrypt: hashed,
    hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
    isEqual: (left, right) => left.length === right.length && timingSafeEqual(left, right),
  };
}

function hashed({
  password,
  salt,
  costLog,
  blockSize,
  parallel,
  hashBytes,
}: ScryptRequest): Promise<Uint8Array> {
  const cost = 2 ** costLog;
  // Twice what the algorithm needs: Node counts more than its largest array.
  const maxmem = 2 * 128 * blockSize * (cost + parallel);
  return new Promise((resolve, reject) => {
    scrypt(
      password,
      salt,
      hashBytes,
      { cost, blockSize, parallelization: parallel, maxmem },
      (error, hash) => {
        if (error === null) resolve(hash);
        else reject(error);
      },
    );
  });
}
