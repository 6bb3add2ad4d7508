/**
 * The content of one simulated file: what programs read now, and what of it would survive if the power went.
 *
 * The file lies in pages of 4 KiB. A page that was changed since it was last made durable keeps its older
 * contents beside it: the durable one, and one for each sync under way when it was changed again, since that
 * sync promises the content at its call and nothing later. So a write copies one page, a sync forgets copies,
 * and a crash decides for each sector of 512 bytes which content the disk shows afterwards. A page never
 * written costs nothing; nor does one of zeros, so that preallocated logs are cheap.
 */
import { assert, type Prng } from '../../../base/index.ts';
import { type PagePool, pageBytes } from './page-pool.ts';
import { type CrashMode, mixSectors, sectorBytes, sectorsPerPage } from './sectors.ts';

/** What a page held at all syncs begun up to number `asOf`. Absent: zeros. */
interface Version {
  readonly asOf: number;
  readonly page: Uint8Array | undefined;
}

interface UnsyncedPage {
  /** The first is durable; the others, older first, are promised by syncs under way. */
  versions: Version[];
  /** A bit per sector whose write-back failed: the system believes it clean, so no later sync writes it. */
  lostSectors: number;
}

interface SizeVersion {
  readonly asOf: number;
  readonly size: number;
}

export class SectorFile {
  readonly #pool: PagePool;
  #pages: (Uint8Array | undefined)[] = [];
  readonly #unsynced = new Map<number, UnsyncedPage>();
  #size = 0;
  /** Where the newest write began, unless a sync followed it. */
  #newestAt = Number.POSITIVE_INFINITY;
  /** As with pages: the first is durable. Empty when the size is. */
  #sizes: SizeVersion[] = [];
  #syncsBegun = 0;
  #syncsUnderWay = 0;
  readonly #unreadableSectors = new Set<number>();

  constructor(pool: PagePool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#size;
  }

  get durableSize(): number {
    return this.#sizes[0]?.size ?? this.#size;
  }

  /** True when the device cannot read some sector of the range. */
  isUnreadable(position: number, length: number): boolean {
    if (this.#unreadableSectors.size === 0 || length === 0) return false;
    const last = Math.floor((position + length - 1) / sectorBytes);
    for (let sector = Math.floor(position / sectorBytes); sector <= last; sector += 1) {
      if (this.#unreadableSectors.has(sector)) return true;
    }
    return false;
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(position + into.length, this.#size);
    eachPart(position, end, (index, from, to, at) => {
      const page = this.#pages[index];
      if (page === undefined) into.fill(0, at, at + to - from);
      else into.set(page.subarray(from, to), at);
    });
    return Math.max(0, end - position);
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#newestAt = position;
    eachPart(position, end, (index, from, to, at) => {
      if (to - from === pageBytes && isZero(bytes, at)) this.#clear(index);
      else this.#writable(index, from, to).set(bytes.subarray(at, at + to - from), from);
    });
    if (end > this.#size) this.#resize(end);
    if (this.#unreadableSectors.size > 0) this.#makeReadable(position, end);
  }

  truncate(length: number): void {
    eachPart(length, this.#size, (index, from, to) => {
      if (this.#pages[index] === undefined) return;
      if (from === 0) this.#clear(index);
      else this.#writable(index, from, to).fill(0, from, to);
    });
    if (length !== this.#size) this.#resize(length);
  }

  /** Begins a sync of all that was written so far; its number goes to `endSync` or `failSync`. */
  beginSync(): number {
    this.#syncsBegun += 1;
    this.#syncsUnderWay += 1;
    return this.#syncsBegun;
  }

  /** What was there when sync number `sync` began is durable. */
  endSync(sync: number): void {
    this.#syncsUnderWay -= 1;
    this.#newestAt = Number.POSITIVE_INFINITY;
    for (const [index, unsynced] of this.#unsynced) this.#settlePage(index, unsynced, sync);
    const kept = this.#sizes.findIndex(({ asOf }) => asOf >= sync);
    this.#sizes = kept < 0 ? [] : this.#sizes.slice(kept);
  }

  /**
   * The write-back failed, and the system will not try again: what this sync should have made durable counts
   * as clean from now on, reads as written, and is gone after a crash. Syncs that follow succeed. Linux did and
   * does this; only who rewrites the bytes can save them.
   */
  failSync(sync: number): void {
    this.#syncsUnderWay -= 1;
    for (const [index, { versions, ...unsynced }] of this.#unsynced) {
      const durable = versions[0] as Version;
      if (durable.asOf >= sync) continue;
      const current = this.#pages[index];
      const promised = versions.find(({ asOf }) => asOf >= sync);
      const atCall = promised === undefined ? current : promised.page;
      const rewritten = differingSectors(atCall, current);
      const lostSectors = unsynced.lostSectors | (differingSectors(durable.page, atCall) & ~rewritten);
      this.#unsynced.set(index, { versions, lostSectors });
    }
  }

  /** The sync will neither end nor fail: whoever asked for it is gone. */
  abandonSync(): void {
    this.#syncsUnderWay -= 1;
  }

  /** Makes a range durable at once, as a write to a file with durable writes does. */
  syncRange(position: number, length: number): void {
    this.#syncsBegun += 1;
    const sync = this.#syncsBegun;
    eachPart(position, position + length, (index) => {
      const unsynced = this.#unsynced.get(index);
      if (unsynced !== undefined) this.#settlePage(index, unsynced, sync);
    });
    this.#sizes = [];
  }

  /** The power went: decides what the disk shows, which is durable from then on. */
  crash(prng: Prng, mode: CrashMode): void {
    const fileMode = mode === 'random' ? prng.pick(['keep', 'lose', 'random', 'random'] as const) : mode;
    for (const [index, unsynced] of [...this.#unsynced].sort(([left], [right]) => left - right)) {
      const contents = unsynced.versions.map(({ page }) => page);
      const current = this.#pages[index];
      const mixed = this.#pool.take();
      mixSectors({ into: mixed, contents, current, lost: unsynced.lostSectors, prng, mode: fileMode });
      this.#pages[index] = mixed;
      for (const page of contents) this.#pool.give(page);
      this.#pool.give(current);
    }
    this.#unsynced.clear();
    this.#syncsUnderWay = 0;
    this.#crashSize(prng, fileMode);
  }

  /**
   * Sectors with something in them, up to where the newest write began: behind that, a file that only grows says
   * nothing about whether the end of it was ever acknowledged, so what decays there was never there.
   */
  sectorsAtRest(): number[] {
    const sectors: number[] = [];
    const end = Math.min(
      this.durableSize,
      this.#size,
      sectorBytes * Math.floor(this.#newestAt / sectorBytes),
    );
    for (let sector = 0; sector * sectorBytes < end; sector += 1) {
      const from = (sector * sectorBytes) % pageBytes;
      const page = this.#pages[Math.floor((sector * sectorBytes) / pageBytes)];
      if (page?.subarray(from, from + sectorBytes).some((byte) => byte !== 0)) sectors.push(sector);
    }
    return sectors;
  }

  /** Flips one bit of what lies on the medium, and of what is read unless a newer content waits in memory. */
  flipBit(position: number, bit: number): void {
    assert(position < this.#size && bit >= 0 && bit < 8, `bit ${bit} at ${position} of ${this.#size} bytes`);
    const index = Math.floor(position / pageBytes);
    const unsynced = this.#unsynced.get(index);
    const durable = unsynced?.versions[0];
    const page = (durable === undefined ? this.#pages[index] : durable.page) ?? this.#pool.takeZero();
    const at = position % pageBytes;
    page[at] = (page[at] as number) ^ (1 << bit);
    if (unsynced !== undefined && durable !== undefined) unsynced.versions[0] = { asOf: durable.asOf, page };
    else this.#pages[index] = page;
  }

  /** From now on the sectors of this range cannot be read, until they are written. */
  makeUnreadable(position: number, length: number): void {
    const last = Math.floor((position + Math.max(1, length) - 1) / sectorBytes);
    for (let sector = Math.floor(position / sectorBytes); sector <= last; sector += 1) {
      this.#unreadableSectors.add(sector);
    }
  }

  /** What programs would read, as a copy. */
  content(): Uint8Array {
    const content = new Uint8Array(this.#size);
    this.read(content, 0);
    return content;
  }

  /** What would be left if the power went now and everything unsynced were lost. */
  durableContent(): Uint8Array {
    const content = new Uint8Array(this.durableSize);
    eachPart(0, content.length, (index, from, to, at) => {
      const unsynced = this.#unsynced.get(index);
      const page = unsynced === undefined ? this.#pages[index] : unsynced.versions[0]?.page;
      if (page !== undefined) content.set(page.subarray(from, to), at);
    });
    return content;
  }

  /** Gives the pages back; the file is not used again. */
  discard(): void {
    for (const page of this.#pages) this.#pool.give(page);
    for (const { versions } of this.#unsynced.values())
      for (const { page } of versions) this.#pool.give(page);
    this.#pages = [];
    this.#unsynced.clear();
  }

  /** The page to write into; its older content is kept as far as it may be needed. */
  #writable(index: number, from: number, to: number): Uint8Array {
    const before = this.#pages[index];
    const whole = from === 0 && to === pageBytes;
    const kept = this.#keepOlder(index, whole ? before : undefined, sectorMask(from, to));
    const page = (kept ? undefined : before) ?? (whole ? this.#pool.take() : this.#pool.takeZero());
    this.#pages[index] = page;
    return page;
  }

  /** Makes a whole page read as zeros. */
  #clear(index: number): void {
    const before = this.#pages[index];
    if (before === undefined && !this.#unsynced.has(index)) return;
    if (!this.#keepOlder(index, before, sectorMask(0, pageBytes))) this.#pool.give(before);
    this.#pages[index] = undefined;
  }

  /**
   * Keeps the page's content where the power or a sync under way may ask for it. `moved` is the page itself
   * when all of it will be replaced: then true says that it was taken, and no copy was made.
   */
  #keepOlder(index: number, moved: Uint8Array | undefined, rewrittenSectors: number): boolean {
    const unsynced = this.#unsynced.get(index);
    const needed = unsynced === undefined || this.#isPromised((unsynced.versions.at(-1) as Version).asOf);
    if (unsynced !== undefined) unsynced.lostSectors &= ~rewrittenSectors;
    if (!needed) return false;
    const page = this.#pages[index];
    const copy = page === undefined || moved !== undefined ? page : this.#pool.copy(page);
    const version = { asOf: this.#syncsBegun, page: copy };
    if (unsynced === undefined) this.#unsynced.set(index, { versions: [version], lostSectors: 0 });
    else unsynced.versions.push(version);
    return moved !== undefined;
  }

  /** True when a sync under way promises content that is newer than the one of `asOf`. */
  #isPromised(asOf: number): boolean {
    return this.#syncsUnderWay > 0 && asOf < this.#syncsBegun;
  }

  #resize(size: number): void {
    const last = this.#sizes.at(-1);
    if (last === undefined || this.#isPromised(last.asOf)) {
      this.#sizes.push({ asOf: this.#syncsBegun, size: this.#size });
    }
    this.#size = size;
  }

  /** Applies the end of sync number `sync` to one page. */
  #settlePage(index: number, unsynced: UnsyncedPage, sync: number): void {
    const { versions } = unsynced;
    const durable = versions[0] as Version;
    if (durable.asOf >= sync) return;
    const promised = versions.findIndex(({ asOf }) => asOf >= sync);
    if (unsynced.lostSectors !== 0) return this.#settleWithLoss(index, unsynced, sync, promised);
    const forgotten = promised < 0 ? versions : versions.splice(0, promised);
    for (const { page } of forgotten) this.#pool.give(page);
    if (promised < 0) this.#unsynced.delete(index);
  }

  /** As above, but sectors whose write-back failed keep what is durable of them. */
  #settleWithLoss(index: number, unsynced: UnsyncedPage, sync: number, promised: number): void {
    const { versions, lostSectors } = unsynced;
    const durable = (versions[0] as Version).page;
    const source = promised < 0 ? this.#pages[index] : (versions[promised] as Version).page;
    const merged = source === undefined ? this.#pool.takeZero() : this.#pool.copy(source);
    for (let sector = 0; sector < sectorsPerPage; sector += 1) {
      if ((lostSectors & (1 << sector)) === 0) continue;
      const from = sector * sectorBytes;
      if (durable === undefined) merged.fill(0, from, from + sectorBytes);
      else merged.set(durable.subarray(from, from + sectorBytes), from);
    }
    const kept = promised < 0 ? [] : versions.slice(promised + 1);
    for (const version of versions) if (!kept.includes(version)) this.#pool.give(version.page);
    const asOf = promised < 0 ? sync : (versions[promised] as Version).asOf;
    unsynced.versions = [{ asOf, page: merged }, ...kept];
  }

  /** A size that was not synced is the old one, the new one or one between; what lies beyond it is gone. */
  #crashSize(prng: Prng, mode: CrashMode): void {
    const durable = this.durableSize;
    const current = this.#size;
    let size = mode === 'lose' ? durable : current;
    if (mode === 'random' && durable !== current) {
      const least = Math.min(durable, current);
      const between = least + Math.floor(prng.float() * (Math.abs(current - durable) + 1));
      size = prng.pick([durable, current, between]);
    }
    this.#sizes = [];
    this.#size = size;
    this.#cutPagesBehind(size);
  }

  #cutPagesBehind(size: number): void {
    const whole = Math.ceil(size / pageBytes);
    for (const page of this.#pages.splice(whole)) this.#pool.give(page);
    if (size % pageBytes !== 0) this.#pages[whole - 1]?.fill(0, size % pageBytes);
  }

  #makeReadable(position: number, end: number): void {
    for (const sector of this.#unreadableSectors) {
      if (sector * sectorBytes < end && (sector + 1) * sectorBytes > position) {
        this.#unreadableSectors.delete(sector);
      }
    }
  }
}

/** Cuts the range into pages: page index, range within the page, offset from the range's begin. */
function eachPart(
  position: number,
  end: number,
  visit: (index: number, from: number, to: number, at: number) => void,
): void {
  for (let start = position; start < end; ) {
    const index = Math.floor(start / pageBytes);
    const from = start - index * pageBytes;
    const to = Math.min(pageBytes, end - index * pageBytes);
    visit(index, from, to, start - position);
    start += to - from;
  }
}

function isZero(bytes: Uint8Array, from: number): boolean {
  for (let index = from; index < from + pageBytes; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

function sectorMask(from: number, to: number): number {
  const first = Math.floor(from / sectorBytes);
  const end = Math.ceil(to / sectorBytes);
  return ((1 << end) - 1) & ~((1 << first) - 1);
}

function differingSectors(left: Uint8Array | undefined, right: Uint8Array | undefined): number {
  let mask = 0;
  for (let index = 0; index < pageBytes; index += 1) {
    if ((left?.[index] ?? 0) !== (right?.[index] ?? 0)) mask |= 1 << Math.floor(index / sectorBytes);
  }
  return mask;
}
