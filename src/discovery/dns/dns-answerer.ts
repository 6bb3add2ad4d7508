/** From the bytes of a question to the bytes of its answer, whatever way they came. */
import { isQuorateError } from '../../base/index.ts';
import type { DnsCounters, DnsTransport } from './dns-counters.ts';
import { type DnsHead, type DnsQuery, decodeDnsHead, decodeDnsQuery, ednsVersion } from './dns-query.ts';
import { type DnsReply, encodeDnsReply, type ReplyFrame, type ResponseCode } from './dns-reply.ts';
import type { DnsZone } from './dns-zone.ts';
import type { ServiceNames } from './service-names.ts';
import type { DnsView, ViewShelf } from './view-shelf.ts';

export interface DnsAnswererOptions {
  readonly zone: DnsZone;
  readonly names: ServiceNames;
  readonly shelf: ViewShelf;
  readonly counters: DnsCounters;
  readonly ttlS: number;
  /** Hears of what could not be looked up. */
  readonly failed: (service: string, error: unknown) => void;
}

/** The way that a question came, and its answer goes. */
export interface DnsWay {
  readonly transport: DnsTransport;
  /** The most bytes of an answer, whatever a resolver would take; of UDP at least 512. */
  readonly bytesMax: number;
}

/** What every resolver takes over UDP. */
const plainBytesMax = 512;
/** What we take ourselves: what passes everywhere in one piece, and far more than a question. */
const queryBytesMax = 1232;

export class DnsAnswerer {
  readonly #options: DnsAnswererOptions;

  constructor(options: DnsAnswererOptions) {
    this.#options = options;
  }

  /** Undefined: not to be answered. Never rejects because of what was asked. */
  async answer(bytes: Uint8Array, way: DnsWay): Promise<Uint8Array | undefined> {
    const { counters } = this.#options;
    counters.queries[way.transport] += 1;
    const head = decodeDnsHead(bytes);
    if (head === undefined) {
      counters.dropped['no-question'] += 1;
      return undefined;
    }
    if (head.opcode !== 0) return this.#refusal(head, 'notImplemented');
    const query = readable(bytes);
    if (query === undefined) return this.#refusal(head, 'malformed');
    const isKnown = (query.edns?.version ?? ednsVersion) === ednsVersion;
    const reply = isKnown ? await this.#reply(query) : nothingWith('badVersion');
    return this.#encoded(reply, this.#frame(query, way));
  }

  async #reply({ question }: DnsQuery): Promise<DnsReply> {
    const { zone, failed } = this.#options;
    const subject = zone.subjectOf(question);
    if (subject.kind !== 'service') return zone.plainReply(subject, question);
    try {
      const view = await this.#viewOf(subject.service);
      if (view === undefined) return zone.plainReply({ kind: 'nothing' }, question);
      return zone.serviceReply(subject.tag, question, view.snapshot);
    } catch (error) {
      // A name that the registry could never hold is a name that does not exist.
      if (isQuorateError(error) && error.code === 'invalid-option')
        return zone.plainReply({ kind: 'nothing' }, question);
      failed(subject.service, error);
      return nothingWith('failed');
    }
  }

  /** Of what serves nothing more is asked; otherwise it may be written in another way. Undefined: it cannot be there. */
  async #viewOf(label: string): Promise<DnsView | undefined> {
    const { names, shelf } = this.#options;
    const service = shelf.serves(label) ? label : await names.find(label);
    if (service !== undefined) return await shelf.view(service, true);
    // Its bytes are no text that a registry could be asked for.
    return isPlain(label) ? await shelf.view(label, false) : undefined;
  }

  #frame(query: DnsQuery, { transport, bytesMax }: DnsWay): ReplyFrame {
    const { questionBytes, edns } = query;
    const taken = Math.min(bytesMax, Math.max(plainBytesMax, edns?.bytesMax ?? plainBytesMax));
    return {
      head: query,
      questionBytes,
      ttlS: this.#options.ttlS,
      bytesMax: transport === 'tcp' ? bytesMax : taken,
      edns: edns && { bytesMax: queryBytesMax, wantsSignatures: edns.wantsSignatures },
    };
  }

  /** Of a question that cannot be read nothing but its number is said again. */
  #refusal(head: DnsHead, code: ResponseCode): Uint8Array {
    return this.#encoded(nothingWith(code), { head, ttlS: 0, bytesMax: plainBytesMax, edns: undefined });
  }

  #encoded(reply: DnsReply, frame: ReplyFrame): Uint8Array {
    const { counters } = this.#options;
    const { bytes, isCut } = encodeDnsReply(reply, frame);
    counters.replies[reply.code] += 1;
    if (isCut) counters.cut += 1;
    return bytes;
  }
}

function nothingWith(code: ResponseCode): DnsReply {
  return { code, answers: [], authority: [], additional: [] };
}

function isPlain(label: string): boolean {
  return /^[\x21-\x7e]+$/.test(label);
}

function readable(bytes: Uint8Array): DnsQuery | undefined {
  try {
    return decodeDnsQuery(bytes);
  } catch (error) {
    if (isQuorateError(error) && error.code === 'malformed-bytes') return undefined;
    throw error;
  }
}
