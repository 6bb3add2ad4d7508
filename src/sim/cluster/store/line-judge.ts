/** Appended keys, judged as they come to be: each is new, behind all before it, and tells its own revision. */
import { InvariantBroken } from '../invariants/index.ts';
import { linePrefix } from './store-keys.ts';

const revisionDigits = 16;

export class LineJudge {
  #last = '';

  put(
    key: string,
    { createRevision, version }: { readonly createRevision: number; readonly version: number },
  ): void {
    if (!key.startsWith(linePrefix)) return;
    const told = Number(key.slice(linePrefix.length, linePrefix.length + revisionDigits));
    if (version !== 1) throw new InvariantBroken(`an append writes ${key} again, which was there`);
    if (told !== createRevision)
      throw new InvariantBroken(`${key} is appended at revision ${createRevision}`);
    if (key <= this.#last) throw new InvariantBroken(`${key} is appended behind ${this.#last}`);
    this.#last = key;
  }
}
