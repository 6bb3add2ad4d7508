/** How passwords are hashed: the cost that new ones have, and the one way from a password to its hash. */
import { encodePasswordHash } from '../mvcc/index.ts';
import type { Cryptography, Random } from '../ports/index.ts';

export interface PasswordCost {
  readonly costLog: number;
  readonly blockSize: number;
  readonly parallel: number;
}

/** 32 MiB and about a tenth of a second for each try. */
export const passwordCost: PasswordCost = { costLog: 15, blockSize: 8, parallel: 1 };

export async function hashPassword(
  cryptography: Cryptography,
  password: Uint8Array,
  salt: Uint8Array,
  cost: PasswordCost,
): Promise<Uint8Array> {
  return await cryptography.scrypt({ ...cost, password, salt, hashBytes: 32 });
}

/** What the cluster keeps of a new password. */
export async function newPasswordHash(
  cryptography: Cryptography,
  random: Random,
  password: string,
): Promise<Uint8Array> {
  const salt = new Uint8Array(16);
  random.fill(salt);
  const hash = await hashPassword(cryptography, new TextEncoder().encode(password), salt, passwordCost);
  return encodePasswordHash({ ...passwordCost, salt, hash });
}
