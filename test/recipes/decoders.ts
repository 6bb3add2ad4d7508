/** What recipes read that other programs, or other releases of this one, have written. */
import {
  layersFor,
  merged,
  nothingPublished,
  parseDocument,
  scopesOf,
  withLayer,
} from '../../src/recipes/config-document.ts';
import { decodeRecord, encodeRecord } from '../../src/recipes/resilience/answer-record.ts';
import { decodeReport, encodeReport } from '../../src/recipes/resilience/hint-record.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const layers = withLayer(
  withLayer(nothingPublished.stable, {}, { rate: 10, deep: { a: [1, null], b: { c: 'x' } } }),
  { service: 'api', instance: 'api-1' },
  { deep: { b: { c: 'y' } } },
);
const whole = { revision: 7, stable: layers, staged: { layers, share: 0.5 }, note: 'n', publishedAtMs: 1 };
const bytes = new TextEncoder().encode(JSON.stringify(whole));

export const recipeDecoders: readonly Decoder[] = [
  {
    name: 'recipes/config-document.ts parseDocument',
    valid: () => [bytes.slice()],
    // What it lets through has to be fit for all that is done with it.
    decode: (damaged) => {
      const document = parseDocument(damaged, 'configs/x/now/document');
      const scopes = [...scopesOf(document.stable), { service: 'api', instance: 'api-1' }];
      return scopes.map((scope) => merged({ rate: 1 }, layersFor(document, 'x', scope), scope));
    },
    refusals: ['value-invalid'],
  },
  {
    name: 'recipes/resilience/answer-record.ts decodeRecord',
    also: ['recipes/resilience/answer-record.ts readRecord'],
    valid: () => [
      encodeRecord({ state: 'answered', claim: 'c1', fingerprint: 'f', value: [1], writtenAtMs: 5 }, 'key'),
    ],
    decode: (damaged) => decodeRecord(damaged, 'key'),
    refusals: ['value-invalid'],
  },
  {
    name: 'recipes/resilience/hint-record.ts decodeReport',
    valid: () => [encodeReport({ key: 'k', state: 'open', forMs: 100 })],
    decode: (value) =>
      decodeReport({ key: 'hints/r.1', value, created: 1, modified: 1, session: undefined }, 'hints'),
    refusals: ['value-invalid'],
  },
];
