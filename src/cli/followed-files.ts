/**
 * Files of a running node that may change: read again when it is told to (SIGHUP) and when they have changed, so that
 * what they hold is renewed without a restart. What cannot be used is told in the log, once and not at every look, and the
 * old stays.
 */
import type { Log } from '../ports/index.ts';

export interface FollowedFiles<T> {
  /** What is in use now. */
  readonly first: T;
  /** Reads the files; throws where they cannot be used. */
  readonly read: () => T;
  /** Takes what has changed into use; throws where it cannot. */
  readonly renew: (fresh: T) => void;
  readonly log: Log;
  /** What the log says of the one and the other outcome. */
  readonly renewed: string;
  readonly notRenewed: string;
  /** How often they are looked at. Default 10 s. */
  readonly lookMs?: number | undefined;
}

const lookMsDefault = 10_000;

/** Until disposed of. */
export function followFiles<T>(files: FollowedFiles<T>): Disposable {
  const { read, renew, log, lookMs = lookMsDefault } = files;
  let last = JSON.stringify(files.first);
  /** Why they could not be read at the last look. */
  let wrong = '';
  const look = (isAsked: boolean): void => {
    try {
      const fresh = read();
      wrong = '';
      const text = JSON.stringify(fresh);
      if (text === last && !isAsked) return;
      // Before it is used: what cannot be is told once.
      last = text;
      renew(fresh);
      log.info(files.renewed);
    } catch (error) {
      const why = String(error);
      if (why === wrong && !isAsked) return;
      wrong = why;
      log.warn(files.notRenewed, { error });
    }
  };
  const timer = setInterval(() => look(false), lookMs).unref();
  const onSignal = (): void => look(true);
  process.on('SIGHUP', onSignal);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      process.off('SIGHUP', onSignal);
    },
  };
}
