/** The signals by which a system asks a process to end, as a machine gives them: a program that drains hears of them here. */

export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface ProcessSignals {
  /**
   * Calls `heard` for each of these signals that comes, which no longer ends the process by itself, until the function
   * that is returned has been called. That may be called twice.
   */
  listen(signals: readonly EndingSignal[], heard: (signal: EndingSignal) => void): () => void;
}
