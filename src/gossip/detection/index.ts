/**
 * Failure detectors: who has been silent for longer than is likely. Two ways to judge a silence behind one port, phi
 * accrual and a plain timeout; strikes, so that one judging decides nothing; and a time of their own, in which stalls
 * of this process are nobody's silence.
 */
export type {
  FailureDetector,
  HeartbeatFault,
  Judgement,
  MemberStatus,
  StatusChange,
} from './failure-detector.ts';
export type { JudgingOptions } from './judging-settings.ts';
export { PhiAccrualDetector, type PhiAccrualOptions } from './phi-accrual-detector.ts';
export { TimeoutDetector, type TimeoutDetectorOptions } from './timeout-detector.ts';
