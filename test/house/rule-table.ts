/**
 * Runs a house rule over a table of small trees. Each row is named by what it shows, and says on which
 * lines of which files the rule must speak; a row without findings says that it must be silent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, SourceFile } from '../../tools/house/source-file.ts';

export interface Row {
  readonly name: string;
  /** Texts by path. */
  readonly tree: Readonly<Record<string, string>>;
  /** `path:line`, with a part of the problem that it must name. Absent: none. */
  readonly finds?: readonly (readonly [place: string, problem: string])[];
}

export function testRule(check: (files: readonly SourceFile[]) => Finding[], rows: readonly Row[]): void {
  for (const { name, tree, finds = [] } of rows) {
    test(name, () => {
      const findings = check(sourceFiles(tree));
      assert.deepEqual(
        findings.map(({ path, line }) => `${path}:${line}`),
        finds.map(([place]) => place),
        JSON.stringify(findings, null, 2),
      );
      for (const [index, [, problem]] of finds.entries()) {
        assert.ok(findings[index]?.problem.includes(problem), `${findings[index]?.problem} names ${problem}`);
        assert.notEqual(findings[index]?.remedy, '', 'a finding says what to do');
      }
    });
  }
}

export function sourceFiles(tree: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(tree).map(([path, text]) => ({ path, text }));
}
