/**
 * The numbers of the reply format. A reply is
 *
 *     version · kind · revision u64 · body
 *
 * and a list in it begins with its length as u32, because it is known only behind the list.
 */
export const replyVersion = 1;

export const replyKinds = {
  refused: 0,
  put: 1,
  delete: 2,
  get: 3,
  transaction: 4,
  lease: 5,
  done: 6,
  security: 7,
  append: 8,
  add: 9,
} as const;

export type ReplyKind = keyof typeof replyKinds;

export const resultFlags = {
  previous: 1,
  truncated: 2,
  more: 1,
  resume: 2,
  negativeBefore: 1,
  negativeAfter: 2,
} as const;
