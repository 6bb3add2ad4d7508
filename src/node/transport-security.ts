/**
 * How a node shows itself and whom it lets in by certificate. One certificate serves both ways: shown to whoever
 * connects, and to the members that this node connects to, which ask for it as this node asks them. A client
 * may go without one, unless it must have one; a member never.
 */
import { crc32, invalidOption } from '../base/index.ts';
import {
  type Checksum,
  farewell,
  type Hello,
  helloRefused,
  SecuredNetwork,
  speaksAsMember,
} from '../net/index.ts';
import type {
  ClientTls,
  Connection,
  Cryptography,
  ListenOptions,
  Network,
  Random,
  ServerTls,
} from '../ports/index.ts';
import { MemberSecret, ProvingNetwork } from './member-proof.ts';

/** Certificates and keys in PEM. */
export interface NodeTls {
  /** For the host under which the other members and the clients know this node. */
  readonly certificate: string;
  readonly key: string;
  /** Who may sign the certificates of members, and those of clients that show one. */
  readonly authorities: readonly string[];
  /** `required`: a client without a certificate of the authorities is refused. Default `optional`. */
  readonly clientCertificates?: 'optional' | 'required';
  /**
   * The common names that members' certificates bear. Default: any; then every certificate that the authorities
   * sign, those of clients too, can speak for a member.
   */
  readonly memberNames?: readonly string[];
}

/** What a node is told of it. */
export interface TransportOptions {
  readonly tls?: NodeTls;
  readonly secrets?: readonly string[];
  readonly cryptography?: Cryptography;
  readonly checksum?: Checksum | undefined;
  readonly machine: { readonly random: Random };
}

export class TransportSecurity {
  readonly #checksum: Checksum;
  /** What members share; absent where nobody needs to prove that. */
  readonly secret: MemberSecret | undefined;
  #tls: NodeTls | undefined;

  constructor({ tls, secrets, cryptography, machine, checksum = crc32 }: TransportOptions) {
    if (tls !== undefined) checkTls(tls);
    this.#tls = tls;
    this.#checksum = checksum;
    if (secrets === undefined || secrets.length === 0) return;
    if (cryptography === undefined) throw invalidOption('cryptography', undefined, 'given where secrets are');
    this.secret = new MemberSecret({ secrets, cryptography, random: machine.random });
  }

  /** The network on which this node connects to others. */
  secured(network: Network): Network {
    const secure = this.#tls === undefined ? network : new SecuredNetwork(network, () => this.#asClient());
    return this.secret === undefined ? secure : new ProvingNetwork(secure, this.secret, this.#checksum);
  }

  listenOptions(): Pick<ListenOptions, 'tls' | 'farewell'> {
    const tls = this.#tls;
    return tls === undefined ? {} : { tls: asServer(tls), farewell: farewell(this.#checksum) };
  }

  /** What this node shows and checks from the next handshake on; throws, and keeps the old ones, where they cannot be. */
  renew(tls: NodeTls, reload: (tls: ServerTls) => void): void {
    if (this.#tls === undefined)
      throw invalidOption('tls', 'certificates', 'absent: this node began without TLS');
    checkTls(tls);
    reload(asServer(tls));
    this.#tls = tls;
  }

  /** Throws `hello-refused` for a member that shows no certificate, or one that speaks for somebody else. */
  check(hello: Hello, { peerName }: Connection): void {
    if (this.#tls === undefined || !speaksAsMember(hello)) return;
    if (peerName === undefined)
      throw helloRefused(
        'it says that it is a member and shows no certificate with a common name; start it with the certificate of a member',
      );
    const { memberNames } = this.#tls;
    if (memberNames !== undefined && !memberNames.includes(peerName))
      throw helloRefused(
        `its certificate is for ${JSON.stringify(peerName)}, which is no member's name; start it with the certificate of a member, or name it among memberNames`,
      );
  }

  #asClient(): ClientTls {
    const { certificate, key, authorities } = this.#tls as NodeTls;
    return { certificate, key, authorities };
  }
}

function asServer({ certificate, key, authorities, clientCertificates = 'optional' }: NodeTls): ServerTls {
  return { certificate, key, clientAuthorities: authorities, clientCertificates };
}

function checkTls({ authorities }: NodeTls): void {
  if (authorities.length === 0)
    throw invalidOption('tls.authorities', '[]', 'at least one authority: the one that signs the members');
}
