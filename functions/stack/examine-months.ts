/** Whether the month that is due is in a stack's inbox, and whether its report is archived. */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { archivedMonths } from '../archive.ts';
import { isMonth, type Month } from '../core/month.ts';
import { type Check, counted, fail, ok, warn } from '../doctor/check.ts';
import { publishedBy, publishedFolders } from '../sources/billing/published-month.ts';
import { isAhead, isOver } from './awaited.ts';
import { asking } from './aws-error.ts';
import { type Examined, withRight } from './examined.ts';

/** Names right below a prefix, without what is below folders. */
const namesBelow = (prefix: string, { s3, outputs: { InboxBucket } }: Examined): Promise<string[]> =>
  asking('list the inbox', async () => {
    const names: string[] = [];
    const pages = paginateListObjectsV2({ client: s3 }, { Bucket: InboxBucket, Prefix: prefix, Delimiter: '/' });
    for await (const { Contents = [], CommonPrefixes = [] } of pages)
      for (const name of [...CommonPrefixes.map(({ Prefix }) => Prefix), ...Contents.map(({ Key }) => Key)])
        names.push((name ?? '').slice(prefix.length));
    return names;
  });

/** Months of which the inbox has lines, or that were pulled into it; oldest first. */
const monthsOfInbox = async (examined: Examined): Promise<Month[]> => {
  const months: Month[] = [];
  // Months of a billing system that the stack pulled from before are read as those of the present one.
  for (const folder of publishedFolders)
    for (const name of await namesBelow(`inbox/${folder}/`, examined)) {
      const month = publishedBy(name);
      if (month !== null) months.push(month);
    }
  const uploaded = (await namesBelow('inbox/', examined)).map((name) => name.replace(/\/$/, '')).filter(isMonth);
  // From the newest down to one that is not later than the month in question: older ones are not asked for.
  for (const month of uploaded.sort().toReversed()) {
    const names = await namesBelow(`inbox/${month}/`, examined);
    if (!names.some((name) => /^lines[./]/.test(name))) continue;
    months.push(month);
    if (month <= examined.month) break;
  }
  return [...new Set(months)].sort();
};

const inbox = async (examined: Examined): Promise<Check[]> => {
  const { month, stack, outputs } = examined;
  const months = await monthsOfInbox(examined);
  const newest = months.at(-1);
  const seen = newest === undefined ? 'the inbox has no month' : `the newest month in the inbox is ${newest}`;
  if (months.includes(month)) return [ok('inbox', `${seen}; ${month} is there`)];
  if (!isOver(examined)) return [ok('inbox', `${seen}; ${month} is not over`)];
  if (outputs.BillingSource !== undefined)
    return [
      warn(
        'inbox',
        `${seen}; ${month} has not been pulled`,
        `Run it: retention run --stack ${stack} --month ${month}. The run pulls it first.`,
      ),
    ];
  const send = `Send it: retention run --stack ${stack} --month ${month} --source <folder>`;
  if (isAhead(examined)) return [warn('inbox', `${seen}; ${month} has no lines yet`, send)];
  return [fail('inbox', 'blocked', `${seen}; ${month} is expected and has no lines`, send)];
};

const report = async (examined: Examined): Promise<Check[]> => {
  const { month, stack, store } = examined;
  const months = await archivedMonths(store);
  const all =
    months.length === 0
      ? 'no report is archived yet'
      : `${counted(months.length, 'month')} archived, the newest ${months.at(-1)}`;
  if (months.includes(month)) return [ok('report', all)];
  if (isAhead(examined)) return [ok('report', `${all}; the run of ${month} is still to come`)];
  return [
    warn('report', `${all}; there is no report of ${month}`, `Run it: retention run --stack ${stack} --month ${month}`),
  ];
};

export const monthChecks = async (examined: Examined): Promise<Check[]> => [
  ...(await withRight('inbox', 's3:ListBucket on the inbox', () => inbox(examined))),
  ...(await withRight('report', 's3:ListBucket on the archive', () => report(examined))),
];
