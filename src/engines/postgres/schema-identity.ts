/**
 * How the server draws an identity. What makes better ones is not there in version 12, and MD5, which would do, is
 * forbidden on some machines.
 */
export const drawnText: string =
  "encode(sha256(convert_to(random()::text || clock_timestamp()::text || pg_backend_pid()::text, 'UTF8')), 'hex')";
