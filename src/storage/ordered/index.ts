/** Ordered stores: implementations of the port of that name. */
export { MemoryMedium, MemoryOrderedStore } from './memory.ts';
