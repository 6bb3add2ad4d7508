/** What can be said of locks by their tokens. */
export { checkGuards, checkTokens } from './tokens.ts';
