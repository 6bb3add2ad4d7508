/**
 * Makes X.509 certificates for tests, with any names and any validity, in about a millisecond each. Files in
 * the repository would expire, or hold private keys that scanners rightly report; and a test of an expired
 * certificate wants one that expired a minute ago. Node signs but does not write certificates, so the few
 * structures of RFC 5280 that TLS needs are written here, in DER.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

interface CertificateRequest {
  readonly commonName: string;
  /** DNS names and IPv4 addresses that the certificate is for. */
  readonly names?: readonly string[];
  /** Default: valid since an hour ago. */
  readonly notBefore?: Date;
  /** Default: valid for another hour. */
  readonly notAfter?: Date;
}

/** A certificate with its key, both in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Signs certificates, as an operator's own authority does. */
export interface Authority extends Certificate {
  readonly commonName: string;
  issue(request: CertificateRequest): Certificate;
}

const hourMs = 3_600_000;

export function makeAuthority(commonName: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request: CertificateRequest = { commonName };
  const own = {
    certificate: certificate({
      request,
      isAuthority: true,
      publicKey: keys.publicKey,
      issuer: commonName,
      signingKey: keys.privateKey,
    }),
    key: keyText(keys.privateKey),
  };
  return {
    ...own,
    commonName,
    issue: (wanted) => {
      const issued = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const signingKey = createPrivateKey(own.key);
      return {
        certificate: certificate({
          request: wanted,
          isAuthority: false,
          publicKey: issued.publicKey,
          issuer: commonName,
          signingKey,
        }),
        key: keyText(issued.privateKey),
      };
    },
  };
}

interface CertificateParts {
  readonly request: CertificateRequest;
  readonly isAuthority: boolean;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly signingKey: KeyObject;
}

function certificate(parts: CertificateParts): string {
  const { request, signingKey } = parts;
  const now = Date.now();
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    ecdsaWithSha256,
    nameOf(parts.issuer),
    sequence(
      time(request.notBefore ?? new Date(now - hourMs)),
      time(request.notAfter ?? new Date(now + hourMs)),
    ),
    nameOf(request.commonName),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(parts))),
  );
  const signature = sign('sha256', signed, signingKey);
  const whole = sequence(signed, ecdsaWithSha256, bitString(signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions({ request, isAuthority }: CertificateParts): Buffer[] {
  const constraints = isAuthority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence();
  const list = [
    sequence(objectIdentifier([2, 5, 29, 19]), tagged(0x01, Buffer.from([0xff])), octets(constraints)),
  ];
  const names = request.names ?? [];
  if (names.length > 0) {
    list.push(sequence(objectIdentifier([2, 5, 29, 17]), octets(sequence(...names.map(alternativeName)))));
  }
  return list;
}

function alternativeName(name: string): Buffer {
  const parts = name.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^\d+$/.test(part));
  return isAddress ? tagged(0x87, Buffer.from(parts.map(Number))) : tagged(0x82, Buffer.from(name, 'latin1'));
}

function nameOf(commonName: string): Buffer {
  const attribute = sequence(objectIdentifier([2, 5, 4, 3]), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

/** Positive and of full length, so that it needs no leading zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

/** As GeneralizedTime from 2050 on, as UTCTime before (RFC 5280 §4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  const late = date.getUTCFullYear() >= 2050;
  return tagged(late ? 0x18 : 0x17, Buffer.from(late ? digits : digits.slice(2), 'latin1'));
}

function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...members: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(members));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function objectIdentifier([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** ecdsa-with-SHA256, without parameters (RFC 5758 §3.2). */
const ecdsaWithSha256 = sequence(objectIdentifier([1, 2, 840, 10_045, 4, 3, 2]));
