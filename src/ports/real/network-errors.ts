/**
 * What the operating system and the TLS library said about a connection, as the network port's errors. Their
 * codes are known to few; behind each that an operator meets in practice stands what it means and what to do.
 */
import { QuorateError } from '../../base/index.ts';
import { type Address, addressText } from '../index.ts';
import { systemCode } from './system-code.ts';

interface Explanation {
  readonly text: string;
  /** False where trying again cannot help before somebody has changed something. Default true. */
  readonly retryable?: boolean;
}

const unknownAuthority: Explanation = {
  text: 'the certificate is not signed by an authority that this side knows; give the right `authorities`',
  retryable: false,
};

const noTls: Explanation = {
  text: 'the peer does not speak TLS there; use TLS on both sides or on neither',
  retryable: false,
};

const cutHandshakeCode = 'TLS_HANDSHAKE_CUT';

const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { text: 'nobody listens there; start the server or check host and port' },
  ECONNRESET: { text: 'the peer closed the connection at once; it may have stopped or restarted' },
  EPIPE: { text: 'the peer has closed the connection; it may have stopped or restarted' },
  ETIMEDOUT: { text: 'no answer came; check the network and firewalls between the two' },
  EHOSTUNREACH: { text: 'no route leads there; check the address and the network' },
  ENETUNREACH: { text: 'no route leads there; check the address and the network' },
  ENOTFOUND: { text: 'the name is unknown to the name service; check the host name' },
  EAI_AGAIN: { text: 'the name service does not answer; check the resolver' },
  EADDRNOTAVAIL: { text: 'this machine does not have that address; choose one of its own', retryable: false },
  EACCES: { text: 'this user may not use that port; choose one above 1023', retryable: false },
  EMFILE: { text: 'this process has too many open files; raise its limit (ulimit -n)' },
  [cutHandshakeCode]: {
    text: 'the peer closed the connection in the middle of the TLS handshake; it may speak no TLS there, or be about to stop',
  },
  CERT_HAS_EXPIRED: { text: 'the certificate has expired; renew it', retryable: false },
  CERT_NOT_YET_VALID: {
    text: 'the certificate is not valid yet; check the clocks of both machines, or the certificate',
    retryable: false,
  },
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    text: 'the certificate is for other names; connect by one of them, or give `serverName`',
    retryable: false,
  },
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: { text: 'the peer speaks plain HTTP there, not TLS', retryable: false },
  ERR_SSL_UNSUPPORTED_PROTOCOL: { text: 'the peer speaks no TLS version from 1.2 on', retryable: false },
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: {
    text: 'the peer showed no certificate, but must; give it one',
    retryable: false,
  },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: {
    text: 'the server asks for a certificate; give `certificate` and `key`',
    retryable: false,
  },
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: {
    text: 'the peer says that our certificate has expired; renew it',
    retryable: false,
  },
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: {
    text: 'the peer does not know the authority that signed our certificate; use one that it knows',
    retryable: false,
  },
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: { text: 'the peer refused our certificate', retryable: false },
};

/** A reset before the handshake was done says something else than one before or after it. */
export function cutHandshake(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), { code: cutHandshakeCode });
}

/** The error for a connection that failed or was lost; `connect` and `listen` know that nothing was sent. */
export function networkError(
  operation: 'listen' | 'connect' | 'accept' | 'connection',
  address: Address,
  cause: unknown,
): QuorateError<'network-failed' | 'in-use'> {
  const system = systemCode(cause);
  const place = addressText(address);
  if (system === 'EADDRINUSE') {
    return new QuorateError({
      code: 'in-use',
      message: `listen on ${place}: another socket has this port; stop its process or choose another port`,
      data: { what: place, holder: 'another socket' },
      cause,
    });
  }
  const explanation = explanations[system];
  const reason = reasonOf(cause) ?? system;
  return new QuorateError({
    code: 'network-failed',
    message: `${operation} ${place} failed: ${explanation === undefined ? reason : `${explanation.text} (${reason})`}`,
    data: { operation, address: place, system },
    cause,
    retryable: explanation?.retryable ?? true,
    outcome: operation === 'connection' ? 'unknown' : 'not-applied',
  });
}

/** OpenSSL packs its reason into a message with source files and line numbers, and gives it once more on its own. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('reason' in cause && typeof cause.reason === 'string') return cause.reason;
  return cause.message === '' ? undefined : cause.message;
}
