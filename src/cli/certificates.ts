/**
 * Certificates as files: what verbs show and trust when they connect, and what a node serves with. A node's files
 * are followed, so that certificates are renewed without a restart.
 */
import { readFileSync } from 'node:fs';
import type { NodeTls } from '../node/index.ts';
import type { ClientTls, Log } from '../ports/index.ts';
import { followFiles } from './followed-files.ts';
import { type Invocation, textOption, UsageError } from './verb.ts';

export const clientTlsOptions = {
  cacert: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
} as const;

export const clientTlsHelp = {
  cacert: "PEM file with who may sign the nodes' certificates; turns TLS on (default: $QUORATE_CACERT)",
  cert: 'PEM file with the certificate to show to nodes that ask for one (default: $QUORATE_CERT)',
  key: 'PEM file with its key (default: $QUORATE_KEY)',
} as const;

/** `undefined`: plain TCP. */
export function clientTlsOf(invocation: Invocation): ClientTls | undefined {
  const cacert = textOption(invocation, 'cacert') ?? process.env['QUORATE_CACERT'];
  const cert = textOption(invocation, 'cert') ?? process.env['QUORATE_CERT'];
  const key = textOption(invocation, 'key') ?? process.env['QUORATE_KEY'];
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key belong together: give both or neither');
  if (cert !== undefined && cacert === undefined)
    throw new UsageError('--cert needs --cacert: a certificate is shown to nodes whose own is checked');
  if (cacert === undefined) return undefined;
  return {
    authorities: [readPem('cacert', cacert)],
    ...(cert === undefined || key === undefined
      ? {}
      : { certificate: readPem('cert', cert), key: readPem('key', key) }),
  };
}

export const nodeTlsOptions = {
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string' },
  'tls-client-auth': { type: 'boolean' },
  'tls-member-names': { type: 'string' },
  'secret-file': { type: 'string' },
} as const;

export const nodeTlsHelp = {
  'tls-cert': "PEM file with this node's certificate; turns TLS on",
  'tls-key': 'PEM file with its key',
  'tls-ca': 'PEM file with who signs the certificates of members and clients',
  'tls-client-auth': 'clients must show a certificate too',
  'tls-member-names': "common names that members' certificates bear, as a,b,c (default: any)",
  'secret-file': 'file with the secret that all members share, one a line; the first is proved with',
} as const;

interface Paths {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export class CertificateFiles {
  readonly #invocation: Invocation;
  readonly #paths: Paths;

  /** `undefined` where the verb was given none: the node serves plain TCP. */
  static of(invocation: Invocation): CertificateFiles | undefined {
    const [cert, key, ca] = ['tls-cert', 'tls-key', 'tls-ca'].map((name) => textOption(invocation, name));
    if (cert === undefined && key === undefined && ca === undefined) {
      if (['tls-client-auth', 'tls-member-names'].some((name) => invocation.options[name] !== undefined))
        throw new UsageError(
          '--tls-client-auth and --tls-member-names need --tls-cert, --tls-key and --tls-ca',
        );
      return undefined;
    }
    if (cert === undefined || key === undefined || ca === undefined)
      throw new UsageError('--tls-cert, --tls-key and --tls-ca belong together: give all three');
    return new CertificateFiles(invocation, { cert, key, ca });
  }

  private constructor(invocation: Invocation, paths: Paths) {
    this.#invocation = invocation;
    this.#paths = paths;
  }

  read(): NodeTls {
    const names = textOption(this.#invocation, 'tls-member-names')?.split(',');
    const { cert, key, ca } = this.#paths;
    return {
      certificate: readPem('tls-cert', cert),
      key: readPem('tls-key', key),
      authorities: [readPem('tls-ca', ca)],
      clientCertificates: this.#invocation.options['tls-client-auth'] === true ? 'required' : 'optional',
      ...(names === undefined ? {} : { memberNames: names }),
    };
  }

  /** Hands what the files hold to `renew`, when it has changed or somebody asks for it, until disposed of. */
  follow(served: NodeTls, renew: (tls: NodeTls) => void, log: Log, lookMs?: number): Disposable {
    return followFiles({
      first: served,
      read: () => this.read(),
      renew,
      log,
      renewed: 'certificates renewed',
      notRenewed: 'certificates not renewed',
      lookMs,
    });
  }
}

/** One secret a line: the first is proved with, all are accepted. `undefined` without the option. */
export function secretsOf(invocation: Invocation): readonly string[] | undefined {
  const path = textOption(invocation, 'secret-file');
  if (path === undefined) return undefined;
  const secrets = readPem('secret-file', path)
    .split(/\r?\n/)
    .filter((line) => line !== '');
  if (secrets.length > 0) return secrets;
  throw new UsageError(`--secret-file is empty: write one secret a line into ${path}`);
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${option} cannot be read: ${reason}`, { cause: error });
  }
}
