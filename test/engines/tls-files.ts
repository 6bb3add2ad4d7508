/** A certificate that an authority of our own has signed for this machine, in files as servers want them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Authority, makeAuthority } from '../ports/certificates.ts';

export interface TlsFiles {
  readonly authority: Authority;
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of an authority that has signed nothing here. */
  readonly strange: string;
}

/** Removed when the tests of the file are over. */
export function tlsFiles(): TlsFiles {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-tls-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const written = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const authority = makeAuthority('ours');
  const { certificate, key } = authority.issue({ commonName: 'server', names: ['localhost', '127.0.0.1'] });
  return {
    authority,
    authorityFile: written('authority.pem', authority.certificate),
    certificateFile: written('certificate.pem', certificate),
    keyFile: written('key.pem', key),
    strange: makeAuthority('theirs').certificate,
  };
}
