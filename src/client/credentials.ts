/** Who a client says it is. */
import { ByteWriter, QuorateError } from '../base/index.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What a login sends. */
export function encodeLogin({ user, password }: Credentials): Uint8Array {
  const writer = new ByteWriter(64);
  writer.text(user);
  writer.block(new TextEncoder().encode(password));
  return writer.copy();
}

/** The node knows this connection's user no longer; a new connection says again who it is, so it is worth a try. */
export function loggedOut(cause: QuorateError): QuorateError<'unauthenticated'> {
  return new QuorateError({
    code: 'unauthenticated',
    message: cause.message,
    data: { user: '' },
    retryable: true,
    cause,
  });
}
