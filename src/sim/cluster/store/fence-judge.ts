/**
 * Fences, judged as commands take effect and by a memory of its own: a command that shows a token has an effect
 * only while whoever became the holder with that token still is, however late it comes, and is refused for
 * nothing else. Tokens of a key only grow.
 */
import type { Fence, ReplyBody } from '../../../mvcc/index.ts';
import { InvariantBroken } from '../invariants/index.ts';

const utf8 = new TextDecoder();

/** What is refused for the session's sake shows its tokens to nobody. */
const beforeFences: ReadonlySet<string> = new Set(['session-expired', 'stale-request', 'session-full']);

export class FenceJudge {
  /** Who holds each key: the revision at which it came to be. */
  readonly #holders = new Map<string, number>();
  readonly #lastTokens = new Map<string, number>();
  /** The greatest token that was shown for each lock of another store. */
  readonly #elsewhere = new Map<string, number>();
  readonly #count: (what: string) => void;

  constructor(count: (what: string) => void) {
    this.#count = count;
  }

  /** The store has looked at the fences of a command, and answered. To be told before what the command did. */
  weighed(fences: readonly Fence[], body: ReplyBody): void {
    if (fences.length === 0) return;
    const stale = fences.find((fence) => this.#isStale(fence));
    const isFenced = body.kind === 'refused' && body.refusal.code === 'fenced';
    this.#count(isFenced ? 'guarded writes refused' : 'guarded writes');
    if (stale !== undefined && body.kind !== 'refused')
      throw new InvariantBroken(`a write passes with ${shown(stale)}, which somebody else has taken over`);
    if (stale === undefined && isFenced)
      throw new InvariantBroken(`a write is fenced that shows ${fences.map(shown)}, who holds it still`);
    if (body.kind === 'refused' && (isFenced || beforeFences.has(body.refusal.code))) return;
    for (const { holder, key, token } of fences) {
      const name = utf8.decode(key);
      if (holder === 'elsewhere') this.#elsewhere.set(name, Math.max(token, this.#elsewhere.get(name) ?? 0));
    }
  }

  /** A key came to be: its maker holds it. */
  held(key: string, token: number): void {
    const last = this.#lastTokens.get(key) ?? 0;
    if (token <= last)
      throw new InvariantBroken(`${key} is taken with the token ${token} after it was held with ${last}`);
    this.#lastTokens.set(key, token);
    this.#holders.set(key, token);
  }

  free(key: string): void {
    this.#holders.delete(key);
  }

  #isStale({ holder, key, token }: Fence): boolean {
    const name = utf8.decode(key);
    if (holder === 'here') return this.#holders.get(name) !== token;
    return token < (this.#elsewhere.get(name) ?? 0);
  }
}

function shown({ key, token }: Fence): string {
  return `the token ${token} of ${utf8.decode(key)}`;
}
