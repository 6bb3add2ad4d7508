/**
 * `npm run check`: the house rules, all at once. Outside programs (compiler, linter, knip) run side by side
 * in processes of their own while this one reads the tree for the rules that only this house has. Prints one
 * line a rule, then the findings with their place, what is wrong and what to do; ends with 1 on any finding.
 *
 * `node tools/check.ts --only floors,purity` judges by these rules alone.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OutsideRule, type OwnRule, outsideRules, ownRules } from './house/rules.ts';
import type { Finding, SourceFile } from './house/source-file.ts';
import { readTree } from './house/tree.ts';

interface Verdict {
  readonly name: string;
  readonly what: string;
  readonly findings: readonly Finding[];
  readonly elapsedMs: number;
}

/** Of one rule. More would bury the findings of the others: one slip may break hundreds of lines. */
const shownMax = 40;

async function judge(root: string, isWanted: (name: string) => boolean): Promise<Verdict[]> {
  const outside = outsideRules.filter(({ name }) => isWanted(name)).map((rule) => judgeOutside(root, rule));
  const wanted = ownRules.filter(({ name }) => isWanted(name));
  const files = wanted.length === 0 ? [] : readTree(root);
  const own = wanted.map((rule) => judgeOwn(files, rule));
  return [...(await Promise.all(outside)), ...own];
}

async function judgeOutside(root: string, { name, what, run }: OutsideRule): Promise<Verdict> {
  const startMs = performance.now();
  const findings = await run(root);
  return { name, what, findings, elapsedMs: performance.now() - startMs };
}

function judgeOwn(files: readonly SourceFile[], { name, what, check }: OwnRule): Verdict {
  const startMs = performance.now();
  const findings = check(files);
  return { name, what, findings, elapsedMs: performance.now() - startMs };
}

function report(verdicts: readonly Verdict[], elapsedMs: number): void {
  for (const { name, what, findings, elapsedMs: ruleMs } of verdicts) {
    const outcome = findings.length === 0 ? 'ok' : `${findings.length} found`;
    console.log(`${outcome.padEnd(10)} ${name.padEnd(13)} ${what.padEnd(54)} ${seconds(ruleMs)}`);
  }
  for (const { name, findings } of verdicts) {
    if (findings.length > 0) console.log(`\n${name}`);
    for (const { path, line, problem, remedy } of findings.slice(0, shownMax)) {
      console.log(`  ${path}:${line}  ${problem}\n      → ${remedy}`);
    }
    if (findings.length > shownMax) console.log(`  … and ${findings.length - shownMax} more of this rule`);
  }
  const total = verdicts.reduce((sum, { findings }) => sum + findings.length, 0);
  const summary = total === 0 ? 'the house is in order' : count(total, 'finding');
  console.log(`\n${count(verdicts.length, 'rule')}, ${summary}, ${seconds(elapsedMs)}`);
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(2)} s`;
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const known = [...outsideRules, ...ownRules].map(({ name }) => name);
const only = values.only?.split(',') ?? known;
const unknown = only.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no rule is called ${unknown.join(' or ')}; the rules are ${known.join(', ')}`);
  process.exitCode = 2;
} else {
  const verdicts = await judge(join(import.meta.dirname, '..'), (name) => only.includes(name));
  report(verdicts, performance.now());
  process.exitCode = verdicts.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
