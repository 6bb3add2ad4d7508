/**
 * How far a long work is, on one line of a terminal that is written over. Elsewhere nothing, so that logs stay
 * short and programs read nothing that is not meant for them.
 */
import type { Writable } from 'node:stream';

/** A terminal, as Node's streams of one say of themselves. */
interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const barWidth = 24;
const showMs = 100;
const eraseLine = '\r\u001b[2K';

export class Progress implements Disposable {
  readonly #screen: Screen | undefined;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(stream: Screen) {
    this.#screen = stream.isTTY === true ? stream : undefined;
  }

  /** `share` from 0 to 1. Cheap to call often: what comes too soon after the last is not shown. */
  show(share: number, text: string): void {
    if (this.#screen === undefined) return;
    const nowMs = performance.now();
    if (nowMs - this.#shownAtMs < showMs) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    const line = `${progressBar(share)} ${text}`;
    this.#screen.write(`${eraseLine}${line.slice(0, (this.#screen.columns ?? 80) - 1)}`);
  }

  /** Leaves the line empty for what comes after it. */
  [Symbol.dispose](): void {
    if (this.#isShown) this.#screen?.write(eraseLine);
    this.#isShown = false;
  }
}

function progressBar(share: number): string {
  const within = Math.min(1, Math.max(0, share));
  const full = Math.round(within * barWidth);
  const percent = `${Math.floor(within * 100)}`.padStart(3);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${percent} %`;
}
