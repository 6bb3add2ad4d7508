/**
 * Whom a member turns to first: addresses, or a function that gives them, which is asked again for as long as nobody
 * was found. Whoever runs a cluster of `quorate` has seeds already: its voters are known to everybody, and a member
 * that gossips may run beside each of them.
 */
import { invalidOption } from '../base/index.ts';
import { type Address, addressText } from '../ports/index.ts';
import { checkedAddress } from './member-address.ts';

export type Seed = Address | string;

/** `signal` is aborted when nobody waits for the answer any more. */
export type SeedsFunction = (options: {
  readonly signal: AbortSignal;
}) => readonly Seed[] | Promise<readonly Seed[]>;

export type Seeds = readonly Seed[] | SeedsFunction;

const seedsMax = 256;

/** As the core knows addresses; refuses what is none. */
export function seedTexts(seeds: readonly Seed[]): string[] {
  if (!Array.isArray(seeds) || seeds.length > seedsMax) {
    throw invalidOption(
      'seeds',
      seeds,
      `a list of at most ${seedsMax} addresses, or a function that gives one`,
    );
  }
  return seeds.map((seed, place) => addressText(checkedAddress(`seeds[${place}]`, seed, 1)));
}

/**
 * Seeds from the address of a cluster of voters, such as `quorate://10.0.0.1:7701,10.0.0.2:7701`: the hosts are those
 * of the voters, the port is the one on which members gossip there.
 */
export function seedsBeside(url: string, port: number): Address[] {
  const list = /^(?:quorates?:\/\/)?([^/?#]+)/.exec(url)?.[1] ?? '';
  return list
    .slice(list.lastIndexOf('@') + 1)
    .split(',')
    .map((part) => {
      const voter = checkedAddress('url', part.trim(), 1);
      return checkedAddress('seeds', { host: voter.host, port }, 1);
    });
}
