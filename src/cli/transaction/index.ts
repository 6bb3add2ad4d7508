/** Transactions as people write them: a small language, the same as JSON, and the answer as either. */
export { answerDocument, answerLines } from './answer.ts';
export { transactionFrom } from './transaction-text.ts';
