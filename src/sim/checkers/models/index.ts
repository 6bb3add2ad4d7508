/** The objects that histories are judged against, and the interface for further ones. */
export { counterModel } from './counter.ts';
export { type LockState, lockModel } from './lock.ts';
export { checkFit, type Model } from './model.ts';
export { queueModel } from './queue.ts';
export { registerModel } from './register.ts';
