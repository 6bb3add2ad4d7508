/**
 * What is answered to which question, as a function of what is known: no socket, no time. Names below the zone are
 *
 * - `NAME.service`: all instances of a service that pass;
 * - `TAG.NAME.service`: those of them that have a tag;
 * - `_NAME._tcp.service`: the same as `NAME.service`, in the form of RFC 2782;
 * - `HEX.addr`: the address that the digits spell, so that the target of an SRV record is a name that resolves.
 *
 * A name that does not exist (NXDOMAIN) is another thing than one without such a record now (NODATA): a resolver
 * remembers the first for all types. A service exists while it has instances, whatever their status.
 */
import { invalidOption, type Prng } from '../../base/index.ts';
import type { Instance, ServiceSnapshot } from '../instance.ts';
import { InstanceQuery } from '../instance-query.ts';
import { isServiceName } from '../instance-request.ts';
import { type DnsName, dnsNameOf, labelText, nameBytesMax, wireLength } from './dns-name.ts';
import type { DnsQuestion } from './dns-query.ts';
import { type DnsRecord, type DnsReply, type ResponseCode, recordTypes } from './dns-reply.ts';
import { fromHexadecimal, hexadecimalOf, ipBytes } from './ip-bytes.ts';
import { weightedOrder } from './weighted-order.ts';

export interface DnsZoneOptions {
  /** Default `quorate`. */
  readonly zone?: string;
  /** Where the resolvers stand: instances near there come first. */
  readonly near?: { readonly zone?: string; readonly region?: string };
  /** Zones to fall back on, in this order. */
  readonly failover?: readonly string[];
  /** True: only instances that are as near as the nearest that passes. Default false: the others come behind. */
  readonly onlyNearest?: boolean;
  /** No answer has more records. Default 64. */
  readonly answersMax?: number;
  /** For how long a resolver may remember that there is nothing, in seconds. */
  readonly negativeTtlS: number;
}

/** What a question is about. */
export type DnsSubject =
  | { readonly kind: 'outside' }
  | { readonly kind: 'zone' }
  /** Names lie below it, and nothing lies at it. */
  | { readonly kind: 'branch' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'address'; readonly bytes: Uint8Array }
  | { readonly kind: 'service'; readonly service: string; readonly tag: string | undefined };

const internetClass = 1;
const anyClass = 255;
const answersMaxDefault = 64;
const weightMost = 0xffff;
const weightScale = 1000;
/** The longest name of ours below a zone, `HEX.addr` of an IPv6 address. */
const addressBytes = wireLength(['f'.repeat(32), 'addr']) - 1;

export class DnsZone {
  readonly #zone: DnsName;
  readonly #options: DnsZoneOptions;
  readonly #answersMax: number;
  readonly #random: Prng;
  readonly #passing: InstanceQuery;
  readonly #isThere = new InstanceQuery({ status: 'any' });

  constructor(options: DnsZoneOptions, random: Prng) {
    const { zone = 'quorate', near, failover, answersMax = answersMaxDefault } = options;
    const name = dnsNameOf(zone);
    if (name === undefined)
      throw invalidOption('zone', zone, "a name such as 'quorate' or 'svc.example.org'");
    if (wireLength(name) + addressBytes > nameBytesMax)
      throw invalidOption('zone', zone, `so short that names of ${nameBytesMax} bytes have room below it`);
    if (!(Number.isInteger(answersMax) && answersMax >= 1 && answersMax <= 1000))
      throw invalidOption('answersMax', answersMax, 'a whole number from 1 to 1000');
    this.#zone = name;
    this.#options = options;
    this.#answersMax = answersMax;
    this.#random = random;
    this.#passing = new InstanceQuery({
      ...(near === undefined ? {} : { near }),
      ...(failover === undefined ? {} : { failover }),
    });
  }

  subjectOf(question: DnsQuestion): DnsSubject {
    const { name } = question;
    const below = name.length - this.#zone.length;
    const isInside = below >= 0 && this.#zone.every((label, at) => name[below + at] === label);
    const isInternet = question.class === internetClass || question.class === anyClass;
    if (!isInside || !isInternet) return { kind: 'outside' };
    return subjectBelow(name.slice(0, below));
  }

  /** What is answered where nothing of the registry is needed. */
  plainReply(
    subject: Exclude<DnsSubject, { readonly kind: 'service' }>,
    { name, type }: DnsQuestion,
  ): DnsReply {
    switch (subject.kind) {
      case 'outside':
        return { code: 'refused', answers: [], authority: [], additional: [] };
      case 'nothing':
        return this.#negative('unknownName');
      case 'branch':
        return this.#negative('done');
      case 'zone':
        return type === recordTypes.SOA || type === recordTypes.ANY
          ? { code: 'done', answers: [this.#authority()], authority: [], additional: [] }
          : this.#negative('done');
      case 'address':
        return this.#positive(
          [addressRecord(name, subject.bytes)].filter((record) => isAskedFor(type, record)),
        );
    }
  }

  serviceReply(tag: string | undefined, { name, type }: DnsQuestion, snapshot: ServiceSnapshot): DnsReply {
    const isTagged = ({ tags }: Instance): boolean =>
      tag === undefined || tags.some((one) => labelText(one) === tag);
    if (!this.#isThere.select(snapshot).some(isTagged)) return this.#negative('unknownName');
    const tiers = this.#passing
      .tiers(snapshot)
      .map((tier) => weightedOrder(tier.filter(isTagged), this.#random))
      .filter((tier) => tier.length > 0);
    const wanted = this.#options.onlyNearest === true ? tiers.slice(0, 1) : tiers;
    const addresses = wanted.flat().flatMap(({ address }) => {
      const bytes = ipBytes(address.host);
      return bytes === undefined ? [] : [addressRecord(name, bytes)];
    });
    const locations = isSrv(type) ? this.#locations(name, wanted) : [];
    const targets = isSrv(type) ? this.#targets(wanted) : [];
    return this.#positive(
      [...unique(addresses).filter((record) => isAskedFor(type, record)), ...locations],
      targets,
    );
  }

  /** Priorities by distance: the lowest is asked first, and the next where none of it answers. */
  #locations(name: DnsName, tiers: readonly (readonly Instance[])[]): DnsRecord[] {
    const most = Math.max(0, ...tiers.flat().map(({ weight }) => weight));
    const isPlain = tiers.flat().every(({ weight }) => Number.isInteger(weight) && weight <= weightMost);
    return tiers.flatMap((tier, priority) =>
      tier.flatMap(({ address, weight }) => {
        const target = this.#targetOf(address.host);
        if (target === undefined) return [];
        const share = isPlain ? weight : Math.max(1, Math.round((weight / most) * weightScale));
        return [{ type: 'SRV', name, priority, weight: share, port: address.port, target }] as const;
      }),
    );
  }

  #targets(tiers: readonly (readonly Instance[])[]): DnsRecord[] {
    return tiers.flat().flatMap(({ address }) => {
      const bytes = ipBytes(address.host);
      return bytes === undefined ? [] : [addressRecord(this.#addressName(bytes), bytes)];
    });
  }

  #targetOf(host: string): DnsName | undefined {
    const bytes = ipBytes(host);
    if (bytes !== undefined) return this.#addressName(bytes);
    // An address with a scope, which means nothing elsewhere.
    return host.includes(':') ? undefined : dnsNameOf(host);
  }

  #addressName(bytes: Uint8Array): DnsName {
    return [hexadecimalOf(bytes), 'addr', ...this.#zone];
  }

  #positive(answers: readonly DnsRecord[], additional: readonly DnsRecord[] = []): DnsReply {
    if (answers.length === 0) return this.#negative('done');
    const taken = answers.slice(0, this.#answersMax);
    return {
      code: 'done',
      answers: taken,
      authority: [],
      additional: unique(additional).slice(0, this.#answersMax),
    };
  }

  /** Whose word it is that there is nothing, and for how long. */
  #negative(code: ResponseCode): DnsReply {
    return { code, answers: [], authority: [this.#authority()], additional: [] };
  }

  #authority(): DnsRecord {
    const { negativeTtlS } = this.#options;
    return { type: 'SOA', name: this.#zone, server: ['ns', ...this.#zone], serial: 1, negativeTtlS };
  }
}

function subjectBelow(labels: DnsName): DnsSubject {
  const [last, before, first] = [labels.at(-1), labels.at(-2), labels.at(-3)];
  if (last === undefined) return { kind: 'zone' };
  const isBranch = last === 'service' || last === 'addr';
  if (!isBranch || labels.length > 3) return { kind: 'nothing' };
  if (before === undefined) return { kind: 'branch' };
  if (last === 'addr') {
    const bytes = fromHexadecimal(before);
    return bytes === undefined || labels.length > 2 ? { kind: 'nothing' } : { kind: 'address', bytes };
  }
  if (before === '_tcp') {
    if (first === undefined) return { kind: 'branch' };
    return first.startsWith('_') ? serviceSubject(first.slice(1), undefined) : { kind: 'nothing' };
  }
  return serviceSubject(before, first);
}

/** What no service can be called is looked for nowhere. */
function serviceSubject(service: string, tag: string | undefined): DnsSubject {
  return isServiceName(service) ? { kind: 'service', service, tag } : { kind: 'nothing' };
}

function addressRecord(name: DnsName, bytes: Uint8Array): DnsRecord {
  return { type: bytes.length === 4 ? 'A' : 'AAAA', name, bytes };
}

function isAskedFor(type: number, record: DnsRecord): boolean {
  return type === recordTypes.ANY || type === recordTypes[record.type];
}

function isSrv(type: number): boolean {
  return type === recordTypes.SRV || type === recordTypes.ANY;
}

/** Several instances on one host have one address; the first of them keeps its place. */
function unique(records: readonly DnsRecord[]): DnsRecord[] {
  const seen = new Set<string>();
  return records.filter((record) => {
    if (!('bytes' in record)) return true;
    const key = `${hexadecimalOf(record.bytes)}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
