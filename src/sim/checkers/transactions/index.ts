/** Isolation of transactions over lists. */
export type { IsolationLevel } from './isolation.ts';
export { checkListAppend, checkListSessions } from './list-append.ts';
