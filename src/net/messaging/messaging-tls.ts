/**
 * How a program shows itself and whom it lets in by certificate. One certificate serves both ways: shown to whoever
 * connects, and to those whom this program connects to. Both sides show one unless the one that listens says that
 * it need not be so.
 */
import { invalidOption } from '../../base/index.ts';
import type { ClientTls, Connection, ServerTls } from '../../ports/index.ts';
import { helloRefused } from '../hello.ts';

/** Certificates and keys in PEM. */
export interface MessagingTls {
  /** For the host under which others know this program. Needed by who listens, and by who is asked for one. */
  readonly certificate?: string;
  readonly key?: string;
  /** Who may sign the certificates of others. */
  readonly authorities: readonly string[];
  /** `optional`: whoever connects may show none. Default `required`. */
  readonly clientCertificates?: 'optional' | 'required';
  /** The common names that may connect. Default: any that the authorities sign. */
  readonly names?: readonly string[];
}

export function asClient({ certificate, key, authorities }: MessagingTls): ClientTls {
  return {
    authorities,
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

export function asServer(tls: MessagingTls): ServerTls {
  const { certificate, key, authorities, clientCertificates = 'required' } = tls;
  if (certificate === undefined || key === undefined)
    throw invalidOption('tls.certificate', certificate, 'given with its key where a program listens');
  if (authorities.length === 0)
    throw invalidOption('tls.authorities', '[]', 'at least one: the authority that signs those who connect');
  return { certificate, key, clientAuthorities: authorities, clientCertificates };
}

/** Throws `hello-refused` for whom the names leave out. */
export function checkName({ names }: MessagingTls, { peerName }: Connection): void {
  if (names === undefined || (peerName !== undefined && names.includes(peerName))) return;
  const shown =
    peerName === undefined ? 'it shows no certificate' : `its certificate is for ${JSON.stringify(peerName)}`;
  throw helloRefused(`${shown}, and only certain names may connect; give it another certificate, or name it`);
}
