/** A copy of the sources and their tests in a folder of its own, where bugs are planted and taken out again. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutant, planted } from './mutant.ts';

/** Everything that a scenario or a simulated node may import: the judges of some are made by tools. */
const copied = ['package.json', 'src', 'test', 'tools'];

export class Workshop {
  readonly directory: string;
  /** Where Node keeps what it has compiled: from bug to bug little more than the planted lines is new. */
  readonly compiled: string;
  /** What stood in the files that hold the bug; the originals may change meanwhile. */
  readonly #sound = new Map<string, string>();

  constructor(root: string) {
    this.directory = mkdtempSync(join(tmpdir(), 'quorate-mutants-'));
    this.compiled = join(this.directory, 'compiled');
    for (const path of copied) cpSync(join(root, path), join(this.directory, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
  }

  /** Only while the work is done the copy holds the bug. */
  async with<Result>(mutant: Mutant, work: () => Promise<Result>): Promise<Result> {
    this.#plant(mutant);
    try {
      return await work();
    } finally {
      this.#restore();
    }
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
  #plant({ patches }: Mutant): void {
    for (const patch of patches) {
      const path = join(this.directory, patch.file);
      const text = readFileSync(path, 'utf8');
      if (!this.#sound.has(path)) this.#sound.set(path, text);
      writeFileSync(path, planted(text, patch));
    }
  }

  #restore(): void {
    for (const [path, text] of this.#sound) writeFileSync(path, text);
    this.#sound.clear();
  }
}
