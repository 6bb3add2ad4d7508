/**
 * The port's certificates as Node's TLS options. Everything that can be wrong with them is found here, before
 * a socket exists, and is told without showing the key.
 */
import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import { invalidOption, type QuorateError } from '../../base/index.ts';
import type { Address, ClientTls, ServerTls } from '../index.ts';

const versionLeast = 'TLSv1.2';

/**
 * No session tickets: a resumed session skips the check of the client's certificate, so a client could stay
 * welcome after `reloadTls` has taken its authority away.
 */
export function serverTlsOptions(tls: ServerTls): TlsOptions & SecureContextOptions {
  const mutual = tls.clientAuthorities !== undefined;
  const options = {
    cert: tls.certificate,
    key: tls.key,
    ...(mutual ? { ca: [...tls.clientAuthorities] } : {}),
    minVersion: versionLeast,
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const;
  checkContext(options, tls.certificate);
  return { ...options, requestCert: mutual };
}

export function clientTlsOptions(tls: ClientTls, address: Address): ConnectionOptions {
  const name = tls.serverName ?? address.host;
  const context = {
    ...(tls.authorities === undefined ? {} : { ca: [...tls.authorities] }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    minVersion: versionLeast,
  } as const;
  checkContext(context, tls.certificate);
  // An address is checked against the certificate too, but is never sent as a server name (RFC 6066 §3).
  return { ...context, host: name, ...(isIP(name) === 0 ? { servername: name } : {}) };
}

function checkContext(context: SecureContextOptions, certificate: string | undefined): void {
  try {
    createSecureContext(context);
  } catch (cause) {
    throw unusable(certificate, cause);
  }
}

function unusable(certificate: string | undefined, cause: unknown): QuorateError<'invalid-option'> {
  const value = `a certificate of ${certificate?.length ?? 0} characters`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const expected = `certificates and a key in PEM that fit together (${reason})`;
  return invalidOption('tls', value, expected);
}
