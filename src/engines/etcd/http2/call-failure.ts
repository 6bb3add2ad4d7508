/** Why a gRPC call has no answer, in the words of the transport; the engine makes an error for users of it. */

export interface CallFailureInit {
  /**
   * `status`: the server answered, with a refusal. `unreachable`: no connection, or a lost one. `protocol`: what
   * answered speaks no gRPC. `late`: no answer in the time that the call was given. `too-large`: more than we take.
   */
  readonly kind: 'status' | 'unreachable' | 'protocol' | 'late' | 'too-large';
  readonly message: string;
  /** True: the server has certainly done nothing. */
  readonly isUnsent: boolean;
  /** gRPC's number, of a `status`. */
  readonly status?: number;
  readonly cause?: unknown;
}

export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly kind: CallFailureInit['kind'];
  readonly isUnsent: boolean;
  readonly status: number;

  constructor({ kind, message, isUnsent, status = 0, cause }: CallFailureInit) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.isUnsent = isUnsent;
    this.status = status;
  }
}

/** What Node says when the other side hangs up on a TLS handshake; the code is that of any lost connection. */
const tlsRefused = /before secure TLS connection/;
const protocolCodes = /^(ERR_HTTP2|ERR_SSL|ERR_TLS|EPROTO|HPE_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

/** Of an error that Node has for a connection. */
export function connectionFailure(cause: unknown, isUnsent: boolean): CallFailure {
  const { code = '', message } = cause as { readonly code?: string; readonly message: string };
  const kind = protocolCodes.test(code) || tlsRefused.test(message) ? 'protocol' : 'unreachable';
  return new CallFailure({ kind, message: code === '' ? message : `${message} (${code})`, isUnsent, cause });
}
