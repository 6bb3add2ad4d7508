/** Cryptography as OpenSSL has it. Hashes of passwords are computed by the pool of threads, beside the event loop. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { assert } from '../../base/index.ts';
import type { Cryptography, OpenRequest, ScryptRequest, SealRequest } from '../index.ts';

export function realCryptography(): Cryptography {
  return {
    scrypt: hashed,
    hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
    seal: sealed,
    open: opened,
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

/**
 * Of each key what Node makes of it. Bytes in its place Node asks first whether they are not a key of one of its own
 * kinds, by errors that it catches, and that takes four times as long as sealing a small message.
 */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function keyObjectOf(key: Uint8Array): KeyObject {
  const kept = keyObjects.get(key);
  if (kept !== undefined) return kept;
  const made = createSecretKey(key);
  keyObjects.set(key, made);
  return made;
}

const cipherName = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

function sealed({ key, nonce, message, associated }: SealRequest): Uint8Array {
  assertSizes(key, nonce);
  const cipher = createCipheriv(cipherName, keyObjectOf(key), nonce, { authTagLength: tagBytes });
  cipher.setAAD(associated);
  const whole = new Uint8Array(message.length + tagBytes);
  whole.set(cipher.update(message));
  // With GCM there is nothing left but the tag.
  cipher.final();
  whole.set(cipher.getAuthTag(), message.length);
  return whole;
}

function opened({ key, nonce, sealed: whole, associated }: OpenRequest): Uint8Array | undefined {
  assertSizes(key, nonce);
  if (whole.length < tagBytes) return undefined;
  const messageBytes = whole.length - tagBytes;
  const decipher = createDecipheriv(cipherName, keyObjectOf(key), nonce, { authTagLength: tagBytes });
  decipher.setAAD(associated);
  decipher.setAuthTag(whole.subarray(messageBytes));
  const message = decipher.update(whole.subarray(0, messageBytes));
  try {
    decipher.final();
  } catch {
    // The one thing that it can throw: the tag does not fit.
    return undefined;
  }
  return new Uint8Array(message.buffer, message.byteOffset, message.length);
}

function assertSizes(key: Uint8Array, nonce: Uint8Array): void {
  assert(key.length === keyBytes, `a key of AES-256 has ${keyBytes} bytes, not ${key.length}`);
  assert(nonce.length === nonceBytes, `a nonce has ${nonceBytes} bytes, not ${nonce.length}`);
}
