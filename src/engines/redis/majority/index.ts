/** The lock that most of several independent servers grant, and `using` in the manner of redlock. */
export { MajorityHold } from './majority-hold.ts';
export { type MajorityAcquireOptions, MajorityLocks } from './majority-locks.ts';
export { type MajorityOptions, openMajorityLocks } from './open-majority-locks.ts';
