/**
 * Who a client is, and the envelope in which its requests go on. A client says once who it is, by a password or
 * by the certificate of its connection, and from then on each request carries its credential to where it is
 * carried out and judged.
 */
import { QuorateError } from '../base/index.ts';
import type { MemberRequest } from '../net/index.ts';
import type { Cryptography, Random } from '../ports/index.ts';
import { LoginDesk } from './login-desk.ts';
import type { AccessControl } from './state-machine.ts';

/** One connection of a client. */
export interface Caller {
  /** Where it connects from. */
  readonly host: string;
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
  readonly random: Random;
  /** Resolves when this member has what was acknowledged before. */
  readonly catchUp: () => Promise<unknown>;
}

/** The meta group, which knows the users. */
export const usersGroup = 0;

export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  /** Absent: nobody can log in by a password. */
  readonly #desk: LoginDesk | undefined;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    const { cryptography, ...rest } = options;
    this.#desk = cryptography === undefined ? undefined : new LoginDesk({ ...rest, cryptography });
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

  /** Nobody in particular, where everybody must be somebody: what it may cost is little. */
  isNobody({ credential, peerName, member }: Caller): boolean {
    if (credential !== undefined || peerName !== undefined || member !== undefined) return false;
    return this.#options.access()?.isOn === true;
  }

  /** The caller is whoever it says, if its password is right. While nobody needs to be anybody, any one is. */
  async login(caller: Caller, body: Uint8Array): Promise<Uint8Array> {
    if (this.#options.access()?.isOn === true) {
      if (this.#desk === undefined) throw noPasswords();
      caller.credential = await this.#desk.login(caller.host, body);
    }
    return new Uint8Array(0);
  }
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

/** How the node was started decides it, so it may be said before anything is asked. */
function noPasswords(): QuorateError<'unauthenticated'> {
  return new QuorateError({
    code: 'unauthenticated',
    message:
      'this node was started without cryptography and checks no passwords; start it with the option, or show a certificate',
    data: { user: '' },
  });
}

function notYours(): QuorateError<'not-for-clients'> {
  return new QuorateError({
    code: 'not-for-clients',
    message: 'a request says whose it is, which only a node may; log in instead',
    data: {},
  });
}
