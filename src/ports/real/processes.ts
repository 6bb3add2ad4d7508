/**
 * Programs as children of this process, each the leader of a process group of its own: what it starts can be ended with
 * it. A child whose parent is killed outright lives on until it ends by itself, as every child does.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { invalidOption } from '../../base/index.ts';
import type { ProcessEnd, ProcessRequest, ProcessRunner } from '../index.ts';
import { startFailure } from './start-failure.ts';
import { systemCode } from './system-code.ts';

type Child = ChildProcessByStdio<null, Readable, Readable>;

export function realProcesses(): ProcessRunner {
  return { run };
}

function run(request: ProcessRequest): Promise<ProcessEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ProcessEnd>();
  const { signal } = request;
  if (signal.aborted) return Promise.reject(signal.reason);
  let child: Child;
  try {
    child = startChild(request);
  } catch (cause) {
    return Promise.reject(notStarted(request, cause));
  }
  const output = new KeptOutput(request.outputBytesMax);
  const keep = (bytes: Uint8Array): void => output.keep(bytes);
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const onAbort = (): void => {
    killGroup(child);
    // Who has left the group may hold the other end of these for as long as it likes.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let failure: Error | undefined;
  child.once('error', (cause) => {
    failure ??= notStarted(request, cause);
  });
  child.once('exit', () => killGroup(child));
  child.once('close', (exitCode, killedBy) => {
    signal.removeEventListener('abort', onAbort);
    if (signal.aborted) reject(signal.reason);
    else if (failure !== undefined) reject(failure);
    else resolve({ exitCode: exitCode ?? undefined, killedBy: killedBy ?? undefined, ...output.end() });
  });
  return promise;
}

function startChild({ program, words, directory, environment }: ProcessRequest): Child {
  return spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
    env: { ...process.env, ...environment },
    ...(directory === undefined ? {} : { cwd: directory }),
  });
}

/** Everything that runs in the group of the child, whether it is still among it or not. */
function killGroup({ pid }: Child): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left, or only who has become somebody else's.
    const code = systemCode(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function notStarted({ program, directory }: ProcessRequest, cause: unknown): Error {
  const { at, reason } = startFailure(program, directory, cause);
  if (at === 'directory') return invalidOption(at, directory, `one to run in: ${reason}`);
  return invalidOption(at, program, `one that can be started: ${reason}`);
}

class KeptOutput {
  readonly #pieces: Uint8Array[] = [];
  #room: number;
  #isCut = false;

  constructor(bytesMax: number) {
    this.#room = bytesMax;
  }

  keep(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#room);
    this.#isCut ||= kept.length < bytes.length;
    this.#room -= kept.length;
    if (kept.length > 0) this.#pieces.push(kept);
  }

  end(): { readonly output: Uint8Array; readonly isCut: boolean } {
    return { output: new Uint8Array(Buffer.concat(this.#pieces)), isCut: this.#isCut };
  }
}
