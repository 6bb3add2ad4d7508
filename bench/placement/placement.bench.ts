/**
 * What it costs to find the owner of a key among 100 nodes, or as many as `--nodes` says, beside the package `hashring`,
 * which holds the ring of libketama. Its cache is off unless the case says `cached`: it answers for keys that were asked
 * before out of a map, which says nothing about the ring. All systems are asked for the same keys in the same round, one
 * after the other, in an order that turns from round to round; told is the median of the rounds.
 *
 *   node bench/placement/placement.bench.ts [--json] [--rounds N] [--keys N] [--nodes N] [NAME ...]
 */
import { parseArgs } from 'node:util';
import HashRing from 'hashring';
import {
  BoundedLoadPlacement,
  JumpPlacement,
  MaglevPlacement,
  ModuloPlacement,
  RendezvousPlacement,
  RingPlacement,
} from '../../src/placement/index.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    keys: { type: 'string', default: '4096' },
    nodes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '21' },
  },
});
const rounds = Number(options.rounds);
const keyCount = Number(options.keys);
const passes = 4;

const ids = Array.from(
  { length: Number(options.nodes) },
  (_, number) => `10.0.${number >> 4}.${number & 15}:7700`,
);
const nodes = ids.map((id) => ({ id }));
const keys = Array.from({ length: keyCount }, (_, number) => `user/${number * 7_919}/session`);

type Find = (key: string) => string;

const modulo = new ModuloPlacement(nodes);
const ring = new RingPlacement(nodes);
const smallRing = new RingPlacement(nodes, { virtualNodes: 160 });
const jump = new JumpPlacement(nodes);
const maglev = new MaglevPlacement(nodes);
const rendezvous = new RendezvousPlacement(nodes);
const bounded = new BoundedLoadPlacement(nodes);
const hashring = new HashRing(ids, 'md5', { 'max cache size': 1 });
const cached = new HashRing(ids, 'md5', { 'max cache size': keyCount * 2 });

/** Each with a function of its own, or the compiler would treat all calls as one that may go anywhere. */
const ours: Readonly<Record<string, Find>> = {
  modulo: (key) => modulo.owner(key),
  ring: (key) => ring.owner(key),
  'ring-of-160-points': (key) => smallRing.owner(key),
  jump: (key) => jump.owner(key),
  maglev: (key) => maglev.owner(key),
  rendezvous: (key) => rendezvous.owner(key),
  'bounded-load': (key) => bounded.owner(key),
};

const peers: Readonly<Record<string, Find>> = {
  hashring: (key) => hashring.get(key),
  'hashring-cached': (key) => cached.get(key),
};

const finds = new Map<string, Find>([...Object.entries(peers), ...Object.entries(ours)]);

let lengths = 0;

/** A first pass, which is not timed, brings back what the system before has driven out of the caches. */
function nsPerKey(find: Find): number {
  for (const key of keys) lengths += find(key).length;
  const start = performance.now();
  for (let pass = 0; pass < passes; pass += 1) for (const key of keys) lengths += find(key).length;
  return ((performance.now() - start) * 1_000_000) / (keys.length * passes);
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function measured(): Map<string, number> {
  const systems = [...finds];
  const figures = new Map<string, number[]>(systems.map(([name]) => [name, []]));
  for (let round = -3; round < rounds; round += 1) {
    for (let turn = 0; turn < systems.length; turn += 1) {
      const [name, find] = systems[(turn + round + 3) % systems.length] as [string, Find];
      const ns = nsPerKey(find);
      // The first three rounds are for the compiler.
      if (round >= 0) figures.get(name)?.push(ns);
    }
  }
  return new Map([...figures].map(([name, list]) => [name, median(list)]));
}

function report(name: string, oursNs: number, peer: string, theirsNs: number): void {
  const ratio = theirsNs / oursNs;
  if (options.json) {
    const figures = {
      ours: round2(oursNs),
      unit: 'ns',
      peer,
      theirs: round2(theirsNs),
      ratio: round2(ratio),
    };
    console.log(JSON.stringify({ bench: 'placement', case: name, ...figures, rounds }));
    return;
  }
  const told = `${oursNs.toFixed(0).padStart(7)} ns   ${peer} ${theirsNs.toFixed(0).padStart(7)} ns`;
  console.log(`${name.padEnd(20)} ${told}   ${ratio.toFixed(1).padStart(6)} times as fast`);
}

function round2(figure: number): number {
  return Math.round(figure * 100) / 100;
}

const medians = measured();
for (const name of Object.keys(ours)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const peer of Object.keys(peers)) {
    report(name, medians.get(name) as number, peer, medians.get(peer) as number);
  }
}
if (lengths === 0) throw new Error('no key had an owner');
