/**
 * The head of an LMDB file, looked at before LMDB sees it. The package ends the whole process when it is
 * given a file that it cannot open, and a file that is shorter than its pages ends it at the first read that
 * touches what is missing; so what can be known beforehand is found out here, and told as an error.
 *
 * The file begins with two pages that hold a meta record each, written in turn by the commits; the one with
 * the greater transaction number holds. All numbers are as the processor has them, which is little-endian
 * wherever the package runs.
 */
import { QuorateError } from '../../base/index.ts';
import type { DiskFile } from '../../ports/index.ts';
import { damagedStore } from './lmdb-errors.ts';

/** What the newest meta record says, and how long the file is. */
export interface LmdbHeader {
  readonly pageBytes: number;
  /** Bytes up to the end of the last page in use. */
  readonly neededBytes: number;
  readonly fileBytes: number;
}

const metaPageFlag = 0x08;
const magic = 0xbeefc0de;
const dataVersion = 2;
const noPage = 0xffff_ffff_ffff_ffffn;
const pageBytesLeast = 512;
const pageBytesMost = 65_536;
/** So many pages of any size have a number of bytes that is a number here. */
const lastPageMost = 2n ** 36n;

/** Offsets in a meta page. */
const at = {
  pageFlags: 18,
  magic: 24,
  version: 28,
  pageBytes: 48,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
  end: 160,
} as const;

interface MetaRecord {
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

export async function readLmdbHeader(file: DiskFile, path: string): Promise<LmdbHeader> {
  const first = await readMetaPage(file, 0, path);
  const pageBytes = first.getUint32(at.pageBytes, true);
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0;
  if (!isPowerOfTwo || pageBytes < pageBytesLeast || pageBytes > pageBytesMost) {
    throw damagedStore(path, `it claims pages of ${pageBytes} bytes`);
  }
  const metas = [metaOf(first, path), metaOf(await readMetaPage(file, pageBytes, path), path)] as const;
  const newest = metas[0].transaction > metas[1].transaction ? metas[0] : metas[1];
  const fileBytes = await file.size();
  const neededBytes = (Number(newest.lastPage) + 1) * pageBytes;
  return { pageBytes, neededBytes, fileBytes };
}

async function readMetaPage(file: DiskFile, position: number, path: string): Promise<DataView> {
  const bytes = new Uint8Array(at.end);
  const length = await file.read(bytes, position);
  if (length < at.end) throw damagedStore(path, `it ends after ${position + length} bytes`);
  return new DataView(bytes.buffer);
}

function metaOf(page: DataView, path: string): MetaRecord {
  const isMeta = (page.getUint16(at.pageFlags, true) & metaPageFlag) !== 0;
  if (!isMeta || page.getUint32(at.magic, true) !== magic) {
    throw damagedStore(path, 'it is not an LMDB file');
  }
  const version = page.getUint32(at.version, true) & 0xffff;
  if (version !== dataVersion) {
    throw new QuorateError({
      code: 'unsupported-format',
      message: `${path} is an LMDB file of version ${version}, and this release reads version ${dataVersion}; run the release that wrote it, or a newer one`,
      data: { path, version, supported: dataVersion },
    });
  }
  const lastPage = page.getBigUint64(at.lastPage, true);
  if (lastPage > lastPageMost) throw damagedStore(path, `it claims a last page of number ${lastPage}`);
  for (const place of [at.freeRoot, at.mainRoot]) {
    const root = page.getBigUint64(place, true);
    if (root !== noPage && root > lastPage) {
      throw damagedStore(path, `a tree begins at page ${root}, behind the last page ${lastPage}`);
    }
  }
  return { lastPage, transaction: page.getBigUint64(at.transaction, true) };
}
