/**
 * Where passwords are checked. The slow hash that makes a stolen table worth little is also what a stranger may have
 * computed without being anybody. So a try costs one, never on the event loop, few at a time, and only so many
 * wait, of which one host can take a part. Whoever has shown a password here before is known by a quick code over
 * it, in memory and with a key of this process alone: so a node to which all clients come at once, because it
 * leads now, lets them in at once, whoever else stands there.
 */
import { ByteReader, QuorateError } from '../base/index.ts';
import { hashPassword, passwordCost } from '../net/index.ts';
import type { Cryptography, Random } from '../ports/index.ts';
import type { AccessControl, PasswordProof } from './state-machine.ts';

export interface LoginDeskOptions {
  readonly access: () => AccessControl | undefined;
  readonly cryptography: Cryptography;
  readonly random: Random;
  /** Resolves when this member has what was acknowledged before. */
  readonly catchUp: () => Promise<unknown>;
}

interface Login {
  readonly user: string;
  readonly password: Uint8Array;
}

/** Passwords that are hashed at the same time, and those that may wait for that, in all and from one host. */
const lanesCount = 2;
const loginsMax = 64;
const loginsOfHostMax = 32;
/** What waits is kept, so it is small. */
const loginBytesMax = 4096;
/** Users who are known by a quick code. */
const knownMax = 4096;

/** What a password is compared with that belongs to nobody, so that names cannot be told by time. */
const nobodysProof: PasswordProof = {
  ...passwordCost,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
};

export class LoginDesk {
  readonly #options: LoginDeskOptions;
  readonly #key = new Uint8Array(32);
  /** By credential, which is another one with each password. */
  readonly #known = new Map<number, Uint8Array>();
  readonly #lanes: Promise<void>[] = Array.from({ length: lanesCount }, () => Promise.resolve());
  #lane = 0;
  readonly #waitingOfHost = new Map<string, number>();
  #waiting = 0;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
    options.random.fill(this.#key);
  }

  /** The credential of whoever sent this from `host`; rejects with `unauthenticated` for a password that is not right. */
  async login(host: string, body: Uint8Array): Promise<number> {
    const login = decodeLogin(body);
    const known = this.#knownBy(login);
    if (known !== undefined) return known;
    this.#enter(host);
    try {
      return await this.#verified(login);
    } finally {
      this.#leave(host);
    }
  }

  async #verified(login: Login): Promise<number> {
    const judged = this.#credentialOf(login);
    const credential = await this.#inLane(() => this.#compared(login));
    if (credential !== undefined) return credential;
    await this.#options.catchUp();
    // This member may have been behind: what it knows now may be another password.
    const isNew = this.#credentialOf(login) !== judged;
    const again = isNew ? await this.#inLane(() => this.#compared(login)) : undefined;
    if (again === undefined) throw wrongPassword(login.user);
    return again;
  }

  async #compared(login: Login): Promise<number | undefined> {
    // Of many who come with one password, the first one's hash may have been computed meanwhile.
    const known = this.#knownBy(login);
    if (known !== undefined) return known;
    const { access, cryptography } = this.#options;
    // Read before the hash is waited for: a password that changes meanwhile has another credential.
    const credential = this.#credentialOf(login);
    const proof = access()?.proofOf(login.user);
    const { salt, hash, ...cost } = proof ?? nobodysProof;
    const computed = await hashPassword(cryptography, login.password, salt, cost);
    if (!cryptography.isEqual(computed, hash) || proof === undefined || credential === undefined)
      return undefined;
    this.#remember(credential, login);
    return credential;
  }

  #credentialOf({ user }: Login): number | undefined {
    return this.#options.access()?.credentialOf(user);
  }

  #knownBy(login: Login): number | undefined {
    const credential = this.#credentialOf(login);
    const code = credential === undefined ? undefined : this.#known.get(credential);
    if (code === undefined) return undefined;
    return this.#options.cryptography.isEqual(code, this.#codeOf(login)) ? credential : undefined;
  }

  #remember(credential: number, login: Login): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= knownMax && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(credential, this.#codeOf(login));
  }

  #codeOf({ password }: Login): Uint8Array {
    return this.#options.cryptography.hmac(this.#key, password);
  }

  #enter(host: string): void {
    const ofHost = this.#waitingOfHost.get(host) ?? 0;
    if (this.#waiting >= loginsMax) throw tooManyLogins(loginsMax, '');
    if (ofHost >= loginsOfHostMax) throw tooManyLogins(loginsOfHostMax, ` from ${host}`);
    this.#waiting += 1;
    this.#waitingOfHost.set(host, ofHost + 1);
  }

  #leave(host: string): void {
    this.#waiting -= 1;
    const left = (this.#waitingOfHost.get(host) ?? 1) - 1;
    if (left === 0) this.#waitingOfHost.delete(host);
    else this.#waitingOfHost.set(host, left);
  }

  /** One after the other, in so many lanes. */
  #inLane<T>(work: () => Promise<T>): Promise<T> {
    this.#lane = (this.#lane + 1) % lanesCount;
    const done = (this.#lanes[this.#lane] as Promise<void>).then(work);
    this.#lanes[this.#lane] = done.then(nothing, nothing);
    return done;
  }
}

function nothing(): void {
  // The next in the lane goes on, whatever became of this one.
}

function decodeLogin(body: Uint8Array): Login {
  if (body.length > loginBytesMax)
    throw new QuorateError({
      code: 'too-large',
      message: `a login has ${body.length} bytes, above the limit of ${loginBytesMax}; shorten the password`,
      data: { what: 'login', bytes: body.length, limit: loginBytesMax },
    });
  const reader = new ByteReader(body, 'login');
  const login = { user: reader.text(), password: reader.block() };
  reader.end();
  return login;
}

function wrongPassword(user: string): QuorateError<'unauthenticated'> {
  return new QuorateError({
    code: 'unauthenticated',
    message: `there is no user ${JSON.stringify(user)} with this password; check both`,
    data: { user },
  });
}

function tooManyLogins(limit: number, from: string): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${limit} logins${from} wait for their passwords to be checked; try again later`,
    data: { queue: 'logins', limit },
  });
}
