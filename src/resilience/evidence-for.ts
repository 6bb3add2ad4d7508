/** From a rule, what counts calls by it. */
import type { CircuitRule } from './circuit-rule.ts';
import { ConsecutiveFailures } from './consecutive-failures.ts';
import { CountWindow } from './count-window.ts';
import type { Evidence } from './evidence.ts';
import type { EvidenceData } from './evidence-data.ts';
import { TimeWindow } from './time-window.ts';

/** With what `data` tells, as far as the rule can make use of it. */
export function evidenceFor(rule: CircuitRule, data: EvidenceData | undefined, nowMs: number): Evidence {
  switch (rule.kind) {
    case 'consecutive':
      return new ConsecutiveFailures(rule, data?.rule === rule.kind ? data.failures : 0);
    case 'count-window':
      return new CountWindow(rule, data?.rule === rule.kind ? data.outcomes : '');
    case 'time-window':
      return new TimeWindow(rule, data?.rule === rule.kind ? data : undefined, nowMs);
  }
}
