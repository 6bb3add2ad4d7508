/** The scripts that the server carries out for this engine, by name. */
import { helloScript } from './hello.ts';
import { getScript, listScript, resumeScript } from './reads.ts';
import { endSessionScript, openSessionScript, renewSessionScript, sweepScript } from './sessions.ts';
import { transactScript } from './transact.ts';

export { clientKeptMs } from './transact.ts';

export type EngineScript =
  | 'hello'
  | 'get'
  | 'list'
  | 'resume'
  | 'transact'
  | 'openSession'
  | 'renewSession'
  | 'endSession'
  | 'sweep';

export const engineScripts: Readonly<Record<EngineScript, string>> = {
  hello: helloScript,
  get: getScript,
  list: listScript,
  resume: resumeScript,
  transact: transactScript,
  openSession: openSessionScript,
  renewSession: renewSessionScript,
  endSession: endSessionScript,
  sweep: sweepScript,
};
