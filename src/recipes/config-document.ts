/**
 * What is published of a configuration: layers that lie on top of each other, the upper ones saying only what is
 * different, and perhaps a second set of layers that so far only a share of the instances goes by. All of it is one
 * item, so that what belongs together is published together on every engine.
 */
import { QuorateError } from '../base/index.ts';

export type ConfigValues = Readonly<Record<string, unknown>>;

export interface ConfigLayers {
  readonly cluster: ConfigValues;
  readonly services: Readonly<Record<string, ConfigValues>>;
  /** By service and instance, with a slash between them. */
  readonly instances: Readonly<Record<string, ConfigValues>>;
}

export interface ConfigDocument {
  /** Counts publications, from 1. 0: nothing was published. */
  readonly revision: number;
  readonly stable: ConfigLayers;
  readonly staged?: { readonly layers: ConfigLayers; readonly share: number };
  readonly note: string;
  /** By the wall clock of whoever published it: for people. */
  readonly publishedAtMs: number;
}

/** Whom a layer is for: everybody, a service, or one instance of it. */
export interface ConfigScope {
  readonly service?: string;
  /** Only with a service. */
  readonly instance?: string;
}

const noLayers: ConfigLayers = { cluster: {}, services: {}, instances: {} };

export const nothingPublished: ConfigDocument = { revision: 0, stable: noLayers, note: '', publishedAtMs: 0 };

const text = new TextDecoder();

export function parseDocument(bytes: Uint8Array, key: string): ConfigDocument {
  let found: unknown;
  let cause: unknown;
  try {
    found = JSON.parse(text.decode(bytes));
  } catch (error) {
    cause = error;
  }
  if (isDocument(found)) return found;
  throw new QuorateError({
    code: 'value-invalid',
    message: `${key} holds no configuration of this release; take another name, or delete what lies there`,
    data: { key, issues: [{ message: 'no configuration', path: '' }] },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The layer of `scope` says this from now on, and nothing else. */
export function withLayer(layers: ConfigLayers, scope: ConfigScope, values: ConfigValues): ConfigLayers {
  const { service, instance } = scope;
  if (service === undefined) return { ...layers, cluster: values };
  if (instance === undefined) return { ...layers, services: { ...layers.services, [service]: values } };
  return { ...layers, instances: { ...layers.instances, [`${service}/${instance}`]: values } };
}

/** Everybody for whom there is a layer: what must fit for all of them to have a configuration. */
export function scopesOf({ services, instances }: ConfigLayers): ConfigScope[] {
  const ofInstances = Object.keys(instances).map((name) => {
    const [service = '', instance = ''] = name.split('/');
    return { service, instance };
  });
  return [{}, ...Object.keys(services).map((service) => ({ service })), ...ofInstances];
}

/** What `scope` goes by: defaults, cluster, service, instance, the later ones on top. */
export function merged(defaults: ConfigValues, layers: ConfigLayers, scope: ConfigScope): ConfigValues {
  const { service = '', instance = '' } = scope;
  const own = [layers.cluster, layers.services[service], layers.instances[`${service}/${instance}`]];
  return own.reduce<ConfigValues>(
    (below, layer) => (layer === undefined ? below : laidOver(below, layer)),
    defaults,
  );
}

/** The layers for an instance: those that are staged, where it is among the share. */
export function layersFor(document: ConfigDocument, name: string, scope: ConfigScope): ConfigLayers {
  const { stable, staged } = document;
  return staged !== undefined && isAmong(name, scope, staged.share) ? staged.layers : stable;
}

/**
 * The same for the same names, everywhere and always; who is among a share is among every larger one. Who has no
 * name of an instance waits for the whole.
 */
function isAmong(name: string, { service, instance }: ConfigScope, share: number): boolean {
  if (share >= 1) return true;
  return instance !== undefined && hashOf(`${name}\n${service}/${instance}`) / 2 ** 32 < share;
}

/** Objects are laid over each other name by name; everything else replaces what is below. */
function laidOver(below: ConfigValues, above: ConfigValues): ConfigValues {
  const over = Object.entries(above).map(([name, value]) => {
    const under = Object.hasOwn(below, name) ? below[name] : undefined;
    return [name, isValues(under) && isValues(value) ? laidOver(under, value) : value] as const;
  });
  return Object.fromEntries([...Object.entries(below), ...over]);
}

/** FNV-1a, and a last mixing, so that names which differ at their end lie far apart. */
function hashOf(name: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function isValues(value: unknown): value is ConfigValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDocument(value: unknown): value is ConfigDocument {
  if (!isValues(value)) return false;
  const { revision, stable, staged, note, publishedAtMs } = value;
  const isCounted = Number.isSafeInteger(revision) && typeof publishedAtMs === 'number';
  const isStaged = isValues(staged) && isLayers(staged['layers']) && typeof staged['share'] === 'number';
  return isCounted && typeof note === 'string' && isLayers(stable) && (staged === undefined || isStaged);
}

function isLayers(value: unknown): value is ConfigLayers {
  if (!isValues(value)) return false;
  const { cluster, services, instances } = value;
  const areAll = (layers: unknown): boolean => isValues(layers) && Object.values(layers).every(isValues);
  return isValues(cluster) && areAll(services) && areAll(instances);
}
