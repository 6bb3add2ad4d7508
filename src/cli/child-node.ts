/**
 * A node in a process of its own, and how that process ends: asked, forced, or by itself, in which case the
 * last words of its log say why. The channel between the two processes carries nothing; it is there to break,
 * so that a node whose starter was killed stops too, instead of holding its port and directory unseen.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LocalMember } from './local-members.ts';

const stopMsMax = 10_000;
const lastWordsBytesMax = 64 * 1024;
const lastWords = 'quorate serve: ';

export class ChildNode {
  /** Resolves, and never rejects, when the process is gone, to why. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  readonly #member: LocalMember;
  /** Where in the log file this run begins. */
  readonly #logStart: number;

  /** Starts it; its log is appended to the one of earlier runs. `more`: further words for `serve`. */
  constructor(member: LocalMember, more: readonly string[] = []) {
    const { name, directory, address, http } = member;
    const main = fileURLToPath(
      new URL(`./main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
    );
    const listen = `${address.host}:${address.port}`;
    const words = [main, 'serve', '--name', name, '--data', directory, '--listen', listen];
    if (http !== undefined) words.push('--http', `${http.host}:${http.port}`);
    words.push(...more);
    const log = openSync(member.log, 'a');
    try {
      this.#member = member;
      this.#logStart = fstatSync(log).size;
      this.#process = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', log, 'ipc'] });
    } finally {
      closeSync(log);
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`${name} cannot be started: ${error.message}`));
      this.#process.once('exit', (code, signal) => resolve(this.#epitaph(signal ?? `exit code ${code}`)));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks it to stop cleanly, and insists after a while. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    const insist = setTimeout(() => this.#process.kill('SIGKILL'), stopMsMax);
    await this.ended;
    clearTimeout(insist);
  }

  #epitaph(how: string): string {
    const { name, log } = this.#member;
    const words = lastLineWith(lastWords, log, this.#logStart);
    return words === undefined
      ? `${name} ended (${how}); its log ${log} may say why`
      : `${name} ended: ${words.slice(lastWords.length)}`;
  }
}

/** The last line of a file, from `start` on, that begins with `opening`. */
function lastLineWith(opening: string, path: string, start: number): string | undefined {
  const file = openSync(path, 'r');
  try {
    const position = Math.max(start, fstatSync(file).size - lastWordsBytesMax);
    const bytes = new Uint8Array(lastWordsBytesMax);
    const length = readSync(file, bytes, { position });
    const lines = new TextDecoder().decode(bytes.subarray(0, length)).split('\n');
    return lines.findLast((line) => line.startsWith(opening));
  } finally {
    closeSync(file);
  }
}
