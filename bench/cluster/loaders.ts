/** The loaders of a benchmark: each is started when it is first used, and lives until the benchmark ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, LoaderAnswer, LoaderName, Outcome } from './job.ts';

const program = fileURLToPath(new URL('./loader.ts', import.meta.url));

export class Loaders {
  readonly #processes = new Map<LoaderName, ChildProcess>();

  async run(job: Job): Promise<Outcome> {
    const loader = this.#processOf(job.loader);
    const answer = await new Promise<LoaderAnswer>((resolve, reject) => {
      const gone = (): void => reject(new Error(`the loader ${job.loader} ended by itself`));
      loader.once('exit', gone);
      loader.once('message', (words: LoaderAnswer) => {
        loader.off('exit', gone);
        resolve(words);
      });
      loader.send(job);
    });
    if ('failure' in answer) throw new Error(`the loader ${job.loader} failed: ${answer.failure}`);
    return answer.outcome;
  }

  close(): void {
    for (const loader of this.#processes.values()) loader.disconnect();
    this.#processes.clear();
  }

  #processOf(name: LoaderName): ChildProcess {
    const known = this.#processes.get(name);
    if (known !== undefined) return known;
    const loader = fork(program);
    this.#processes.set(name, loader);
    return loader;
  }
}
