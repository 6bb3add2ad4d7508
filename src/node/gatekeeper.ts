/**
 * Who a client is, and the envelope in which its requests go on. A client says once who it is, by a password or
 * by the certificate of its connection, and from then on each request carries its credential to where it is
 * carried out and judged. What costs much, a slow hash, is done for few at a time and never on the event loop.
 */
import { ByteReader, QuorateError } from '../base/index.ts';
import type { MemberRequest } from '../net/index.ts';
import type { Cryptography } from '../ports/index.ts';
import { hashPassword, passwordCost } from './passwords.ts';
import type { AccessControl, PasswordProof } from './state-machine.ts';

/** One connection of a client. */
export interface Caller {
  /** The common name of its certificate, where it has shown one. */
  readonly peerName: string | undefined;
  /** Its identity, or 0 before it has one, where it has shown that it is a member or is to be one. */
  readonly member: number | undefined;
  /** What it has logged in as; a credential is gone with the password that it was drawn for. */
  credential: number | undefined;
}

export interface GatekeeperOptions {
  /** What the meta group knows of users; `undefined` for a machine that knows no users. */
  readonly access: () => AccessControl | undefined;
  readonly cryptography: Cryptography | undefined;
  /** Resolves when this member has what was acknowledged before. */
  readonly catchUp: () => Promise<unknown>;
}

/** The meta group, which knows the users. */
export const usersGroup = 0;

/** Passwords that are hashed at the same time, and those that may wait for that. */
const lanesCount = 2;
const loginsMax = 64;

/** What a password is compared with that belongs to nobody, so that names cannot be told by time. */
const nobodysProof: PasswordProof = {
  ...passwordCost,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
};

export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #lanes: Promise<void>[] = Array.from({ length: lanesCount }, () => Promise.resolve());
  #lane = 0;
  #logins = 0;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** The request as it goes on: with the credential of whoever sent it, where that counts. */
  admit(caller: Caller, request: Uint8Array): Uint8Array {
    const access = this.#options.access();
    if (access === undefined) return request;
    // Only a node says whose a request is.
    if (access.isEnvelope(request)) throw notYours();
    return access.isOn ? access.envelope(credentialOf(caller, access), request) : request;
  }

  /** The same for a command, which is refused before it takes a place in the log. */
  admitCommand(caller: Caller, command: Uint8Array): Uint8Array {
    const admitted = this.admit(caller, command);
    const access = this.#options.access();
    if (access?.isOn !== true) return admitted;
    const refusal = access.refusal(credentialOf(caller, access), command);
    if (refusal !== undefined) throw refusal;
    return admitted;
  }

  /** Throws unless the caller is somebody. */
  check(caller: Caller): void {
    const access = this.#options.access();
    if (access?.isOn === true && caller.member === undefined) credentialOf(caller, access);
  }

  /** Throws unless the caller may have this done to the cluster. A member may tell of itself, and nothing else. */
  checkChange(caller: Caller, { kind, member }: MemberRequest): void {
    const access = this.#options.access();
    const isOwn = caller.member === member && (kind === 'add' || kind === 'update');
    if (access?.isOn !== true || isOwn || access.isAdmin(credentialOf(caller, access))) return;
    throw new QuorateError({
      code: 'permission-denied',
      message:
        'the request changes the cluster, which is for administrators; ask for a role with the right admin',
      data: { right: 'admin' },
    });
  }

  /** Throws unless the caller may see everything: all keys, and what is kept of passwords. */
  checkRoot(caller: Caller): void {
    const access = this.#options.access();
    if (access?.isOn !== true || access.isRoot(credentialOf(caller, access))) return;
    throw new QuorateError({
      code: 'permission-denied',
      message:
        'the request brings all keys and what is kept of passwords, which is for users with the role root',
      data: { right: 'root' },
    });
  }

  /** The caller is whoever it says, if its password is right. While nobody needs to be anybody, any one is. */
  async login(caller: Caller, body: Uint8Array): Promise<Uint8Array> {
    const { user, password } = decodeLogin(body);
    const access = this.#options.access();
    if (access?.isOn !== true) return new Uint8Array(0);
    const { cryptography, catchUp } = this.#options;
    if (cryptography === undefined) throw wrongPassword(user);
    if (this.#logins >= loginsMax) throw tooManyLogins();
    this.#logins += 1;
    try {
      const credential =
        (await this.#verified(cryptography, user, password)) ??
        // This member may be behind, and not know the password yet.
        (await catchUp().then(
          () => this.#verified(cryptography, user, password),
          () => undefined,
        ));
      if (credential === undefined) throw wrongPassword(user);
      caller.credential = credential;
    } finally {
      this.#logins -= 1;
    }
    return new Uint8Array(0);
  }

  async #verified(
    cryptography: Cryptography,
    user: string,
    password: Uint8Array,
  ): Promise<number | undefined> {
    const access = this.#options.access();
    // Read before the hash is waited for: a password that changes meanwhile has another credential.
    const credential = access?.credentialOf(user);
    const proof = access?.proofOf(user);
    const { salt, hash, ...cost } = proof ?? nobodysProof;
    const computed = await this.#inLane(() => hashPassword(cryptography, password, salt, cost));
    return cryptography.isEqual(computed, hash) && proof !== undefined ? credential : undefined;
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

function credentialOf({ credential, peerName }: Caller, access: AccessControl): number {
  const named = credential ?? (peerName === undefined ? undefined : access.credentialOf(peerName));
  if (named !== undefined && access.isKnown(named)) return named;
  throw new QuorateError({
    code: 'unauthenticated',
    message:
      'nobody is logged in on this connection, or the password has changed since; give user and password, or the certificate of a user',
    data: { user: peerName ?? '' },
  });
}

function decodeLogin(body: Uint8Array): { readonly user: string; readonly password: Uint8Array } {
  const reader = new ByteReader(body, 'login');
  const user = reader.text();
  const password = reader.block();
  reader.end();
  return { user, password };
}

function wrongPassword(user: string): QuorateError<'unauthenticated'> {
  return new QuorateError({
    code: 'unauthenticated',
    message: `there is no user ${JSON.stringify(user)} with this password; check both`,
    data: { user },
  });
}

function tooManyLogins(): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${loginsMax} logins wait for their passwords to be checked; try again later`,
    data: { queue: 'logins', limit: loginsMax },
  });
}

function notYours(): QuorateError<'not-for-clients'> {
  return new QuorateError({
    code: 'not-for-clients',
    message: 'a request says whose it is, which only a node may; log in instead',
    data: {},
  });
}
