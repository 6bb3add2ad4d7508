/** What the benchmark of locks does with each system. */

export interface LockSystem {
  /** Takes the lock and gives it back. */
  turn(key: string, worker: number): Promise<void>;
  /** Where there is one: adds one to a counter, and puts a key. */
  readonly add?: (key: string) => Promise<unknown>;
  readonly put?: (key: string) => Promise<unknown>;
  /** A put that is carried out exactly once, as an add is. */
  readonly surePut?: (key: string) => Promise<unknown>;
  close(): Promise<void>;
}
