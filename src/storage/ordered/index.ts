/** Ordered stores: implementations of the port of that name, in memory and on disk. */
export { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from './lmdb.ts';
export { MemoryMedium, MemoryOrderedStore } from './memory.ts';
