/** What recipes read that other programs, or other releases of this one, have written. */
import {
  layersFor,
  merged,
  nothingPublished,
  parseDocument,
  scopesOf,
  withLayer,
} from '../../src/recipes/config-document.ts';
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
];
