/**
 * The keys of gossip as the command is given them: in a file, a line each, or in the environment. That there are none
 * has to be said, since whoever reaches the port can join then.
 */
import { readFileSync } from 'node:fs';
import type { GossipKey } from '../../membership/index.ts';
import { type Invocation, textOption, UsageError } from '../verb.ts';

export const gossipKeysHelp =
  "file with the keys of gossip, one a line, sealed with the first; or 'none' (default: $QUORATE_GOSSIP_KEYS)";

/** 32 bytes. */
const form = /^[A-Za-z0-9+/]{43}=$/;

export interface GossipKeys {
  readonly keys: readonly GossipKey[] | 'none';
  /** Where they can be read again; absent where they cannot change. */
  readonly path: string | undefined;
}

export function gossipKeysOf(invocation: Invocation): GossipKeys {
  const path = textOption(invocation, 'gossip-keys');
  if (path === 'none') return { keys: 'none', path: undefined };
  if (path !== undefined) return { keys: gossipKeysIn(path), path };
  const text = process.env['QUORATE_GOSSIP_KEYS'];
  if (text === undefined || text === '')
    throw new UsageError(
      "gossip needs --gossip-keys with a file of keys, or 'none' where whoever reaches the port may join",
    );
  if (text === 'none') return { keys: 'none', path: undefined };
  return { keys: checkedKeys(text.split(/[\s,]+/), 'QUORATE_GOSSIP_KEYS'), path: undefined };
}

export function gossipKeysIn(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--gossip-keys cannot be read: ${reason}`, { cause: error });
  }
  return checkedKeys(text.split(/\r?\n/), path);
}

/** Names the place of what is no key, and does not show it. */
function checkedKeys(texts: readonly string[], source: string): readonly string[] {
  const keys = texts.map((text) => text.trim()).filter((text) => text !== '');
  const bad = keys.findIndex((key) => !form.test(key));
  if (bad >= 0) throw new UsageError(`key ${bad + 1} of ${source} is none: write 32 bytes as base64`);
  const twice = keys.findIndex((key, place) => keys.indexOf(key) < place);
  if (twice >= 0)
    throw new UsageError(
      `key ${twice + 1} of ${source} is there before: take it out, or write the one that was meant`,
    );
  if (keys.length > 0) return keys;
  throw new UsageError(
    `${source} holds no key: write 32 bytes as base64, such as openssl rand -base64 32 prints`,
  );
}
