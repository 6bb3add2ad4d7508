/** The short name that the operating system or the TLS library gave an error, such as `ENOSPC`: what people search for. */
export function systemCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : cause.name;
}
