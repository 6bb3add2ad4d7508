/** What `serve` is told of gossip: where, with which keys, who else does, and what the node says of itself. */
import { hostname } from 'node:os';
import { isQuorateError } from '../../base/index.ts';
import { checkMembership, type MemberMetadata } from '../../membership/index.ts';
import type { Address } from '../../ports/index.ts';
import { parseAddress } from '../endpoints.ts';
import { type GossipKeys, gossipKeysHelp, gossipKeysOf } from '../gossip/index.ts';
import { packageVersion } from '../package-version.ts';
import { type Invocation, textOption, UsageError } from '../verb.ts';

export const gossipOptions = {
  gossip: { type: 'string' },
  'gossip-keys': { type: 'string' },
  'gossip-seeds': { type: 'string' },
  zone: { type: 'string' },
  region: { type: 'string' },
} as const;

export const gossipHelp: Readonly<Record<keyof typeof gossipOptions, string>> = {
  gossip: 'host:port to gossip on, by UDP and TCP, so that programs find each other (default: none)',
  'gossip-keys': gossipKeysHelp,
  'gossip-seeds': 'who gossips already, host:port,host:port (default: the other members, on the same port)',
  zone: 'where it stands, as gossip tells others',
  region: 'in which region that is',
};

export interface GossipPlan {
  readonly listen: Address;
  /** Where others find it. */
  readonly advertise: Address;
  readonly keys: GossipKeys;
  /** Absent: the members of the cluster, each at its own host and this port. */
  readonly seeds: readonly Address[] | undefined;
  /** What it says of itself as long as it runs. */
  readonly said: Pick<MemberMetadata, 'zone' | 'region' | 'version'>;
}

/** `undefined` where the node is not to gossip. */
export function gossipPlanOf(invocation: Invocation): GossipPlan | undefined {
  const text = textOption(invocation, 'gossip');
  if (text === undefined) {
    const vain = Object.keys(gossipOptions).filter((name) => invocation.options[name] !== undefined);
    if (vain.length === 0) return undefined;
    throw new UsageError(`--${vain.join(' and --')} ${vain.length > 1 ? 'need' : 'needs'} --gossip`);
  }
  const listen = parseAddress(text);
  if (listen.port === 0) throw new UsageError('--gossip needs a port that others can know; 0 is none');
  const [zone, region] = ['zone', 'region'].map((name) => textOption(invocation, name));
  const plan: GossipPlan = {
    listen,
    advertise: advertised(invocation, listen),
    keys: gossipKeysOf(invocation),
    seeds: textOption(invocation, 'gossip-seeds')
      ?.split(',')
      .map((part) => parseAddress(part)),
    said: {
      ...(zone === undefined ? {} : { zone }),
      ...(region === undefined ? {} : { region }),
      version: packageVersion(),
    },
  };
  check(plan);
  return plan;
}

/** Before anything is started: what is wrong would end a node that its cluster has taken in by then. */
function check(plan: GossipPlan): void {
  const { listen, advertise, seeds = [], keys } = plan;
  const names = { id: 'node', cluster: 'cluster' };
  try {
    // The longest that it ever says.
    const metadata = { ...plan.said, capabilities: ['learner'], load: 0 };
    checkMembership({ ...names, keys: keys.keys, listen, advertise, seeds, metadata });
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    throw new UsageError(`what --gossip is told is wrong: ${error.message}`, { cause: error });
  }
}

/** On the host under which the node itself is known, where that is said or cannot be seen. */
function advertised(invocation: Invocation, { host, port }: Address): Address {
  const advertise = textOption(invocation, 'advertise');
  if (advertise !== undefined) return { host: parseAddress(advertise).host, port };
  const hosts = [host, parseAddress(textOption(invocation, 'listen') ?? '0.0.0.0:0').host];
  return { host: hosts.find((one) => one !== '0.0.0.0' && one !== '::') ?? hostname(), port };
}
