/** The help teaches: what a command does, what it needs, and how it is written. */
import { expect, test } from 'vitest';
import { tableNames } from '../../functions/sources/source-file.ts';
import { codeVersion } from '../../functions/version.ts';
import { retention } from './retention.ts';

test.each<[string, readonly RegExp[]]>([
  [
    '',
    [
      /Start here:/,
      /retention demo/,
      /one folder a month/,
      ...tableNames.map((table) => new RegExp(`${table}\\.csv`)),
      /run --stack retention-report/,
      /Exit codes: 0 done/,
      /3 blocked by a gate/,
    ],
  ],
  [
    'run',
    [
      /--month <YYYY-MM>/,
      /--source <dir>/,
      /--home <dir>/,
      /--to <addresses>/,
      /--no-email/,
      /--resend/,
      /--stack <name>/,
      /--board/,
      /first brought to the inbox/,
      /--json/,
      /adds a revision/,
    ],
  ],
  ['check', [/writes nothing/, /check --stack/, /--month/, /--source/]],
  [
    'doctor',
    [
      /writes nothing/,
      /before the first pull/,
      /doctor --source stripe:/,
      /doctor --source billing/,
      /warn \(a run goes through\)/,
      /Exit codes: 0 nothing failed/,
      /--month <YYYY-MM>/,
    ],
  ],
  [
    'backfill',
    [/oldest first, without mail/, /basis=invoiced/, /backfill --stack/, /--from <YYYY-MM>/, /--to <YYYY-MM>/],
  ],
  ['follow', [/--execution <name>/, /scheduled-2026-10/]],
  ['list', [/what the archive holds/, /list --stack/, /--json/]],
  ['show', [/headline/, /show --stack/, /--revision <n>/]],
  [
    'trace',
    [
      /ledger rows behind a figure/,
      /--segment <dimension=value>/,
      /--window <name>/,
      /--account <id>/,
      /--limit <rows>/,
      /region=EMEA/,
      /trace --stack/,
    ],
  ],
  ['demo', [/sample book/, /--home/]],
])('%s --help', async (command, phrases) => {
  const { status, stdout, stderr } = await retention([command, '--help'].filter((word) => word !== ''));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const phrase of phrases) expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(phrase);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
});

test('--version', async () => {
  expect(await retention(['--version'])).toEqual({ status: 0, stdout: `${codeVersion}\n`, stderr: '' });
});
