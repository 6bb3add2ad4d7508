/**
 * Counters: whole numbers within ±(2^53 - 1) as the decimal text of a value, so that whoever reads one needs no
 * format. Each number has one text, and whatever else a value says is no number: nothing is guessed in a command
 * that every member has to understand alike.
 */
const minus = 0x2d;
const zero = 0x30;
const digitsMax = 16;

/** The number that a value says; `undefined` where it says none. */
export function counterOf(value: Uint8Array): number | undefined {
  const isNegative = value[0] === minus;
  const first = isNegative ? 1 : 0;
  const digits = value.length - first;
  if (digits < 1 || digits > digitsMax) return undefined;
  if (value[first] === zero) return value.length === 1 ? 0 : undefined;
  let number = 0;
  for (let at = first; at < value.length; at += 1) {
    const digit = (value[at] as number) - zero;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  if (number > Number.MAX_SAFE_INTEGER) return undefined;
  return isNegative ? -number : number;
}

export function counterValue(number: number): Uint8Array {
  const text = String(number);
  return Uint8Array.from(text, (_, at) => text.charCodeAt(at));
}
