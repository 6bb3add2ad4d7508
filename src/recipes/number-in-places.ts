/**
 * A number that all who stand in one line must have the same of, such as how many permits there are. Each place says
 * it in front of who stands there; so it is known for as long as anybody is there and forgotten with the last, and
 * nothing is left behind that somebody would have to take away.
 */
import type { Item } from '../engines/port/index.ts';
import { settingsDiffer } from './agreed-setting.ts';

const text = new TextDecoder();
const bytes = new TextEncoder();

export function placeWith(number: number, holder: Uint8Array): Uint8Array {
  return bytes.encode(`${number} ${text.decode(holder)}`);
}

export function holderIn(value: Uint8Array): string {
  return text.decode(value).replace(/^\d+ ?/, '');
}

export interface NumberAsked {
  /** For the error: `semaphore mail`, of which there are `permits`. */
  readonly what: string;
  readonly unit: string;
  readonly asked: number;
}

/**
 * Throws `settings-differ` when somebody who came before `own` says another number: who came behind is refused by that,
 * and not by us. All count where there is no own place.
 */
export function checkSameNumber(
  { what, unit, asked }: NumberAsked,
  oldestFirst: readonly Item[],
  own: string | undefined,
): void {
  for (const { key, value } of oldestFirst) {
    if (key === own) return;
    const found = Number.parseInt(text.decode(value), 10);
    if (found === asked) continue;
    const data = { what, asked: `${asked} ${unit}`, found: `${found} ${unit}` };
    throw settingsDiffer(data, 'wait until nobody uses it');
  }
}
