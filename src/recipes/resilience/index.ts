/**
 * What policies of `quorate/resilience` share between processes over an engine, published as
 * `quorate/resilience/engine`: apart from the policies themselves, which need no engine and stay as small without one.
 */

export { EngineAnswers, type EngineAnswersOptions, engineAnswers } from './engine-answers.ts';
export { EngineHints, type EngineHintsOptions, engineHints } from './engine-hints.ts';
export { EngineRates, type EngineRatesOptions, engineRates } from './engine-rates.ts';
