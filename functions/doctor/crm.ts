/** Looks a CRM's export of opportunities over: its columns, who its buyers are, when they bought, and the ids on the lines. */
import type { Config } from '../core/config.ts';
import { crmReading, recogniseColumns } from '../core/crm.ts';
import { exact } from '../core/money.ts';
import { addMonths, type Month, openingMonthOf } from '../core/month.ts';
import type { GateFault } from '../gate-fault.ts';
import type { SnapshotSource } from '../ingest.ts';
import { type Catalog, monthsWith } from '../lake/catalog.ts';
import type { Lake } from '../lake/lake.ts';
import type { Row, TableLoader } from '../ports.ts';
import { usualReading } from '../sources/columns.ts';
import { type Check, counted, fail, ok, warn } from './check.ts';
import { crmQuestions } from './crm-questions.ts';
import { placesOf } from './places.ts';

const whole = (value: string | null | undefined): number => exact(value ?? '0').toNumber();

/** Names and ids come from outside and may be long. */
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const listed = (ids: readonly string[], total: number): string =>
  `${ids.map(short).join(', ')}${total > ids.length ? ' …' : ''}`;

const exportFile = /^[^/]+\/opportunities[./]/;

/** Whether a fault is one of an export of opportunities. */
export const isOfExport = ({ findings: [first], message }: GateFault): boolean =>
  exportFile.test(first?.file ?? '') || exportFile.test(message);

/** What cannot be read of an export, and how it becomes readable. */
export const exportFaultsCheck = (faults: readonly GateFault[]): Check =>
  fail(
    'opportunities',
    'blocked',
    `BAD_ROW: ${placesOf(faults)}`,
    'Export one row an opportunity, with the columns that are named, or say under "crm" in retention.config.json how this export is to be read.',
  );

/** Which columns of the export are read as what. */
const columnsTold = async (
  source: SnapshotSource,
  exported: Month,
  { columns, config }: CrmFacts,
): Promise<{ readonly told: string; readonly buyer: boolean }> => {
  // An export that the folder no longer has is known by its rows alone.
  if (!source.months.includes(exported)) return { told: 'its file is not in the folder', buyer: true };
  const { tables } = await source.read(exported, { trustMemo: true });
  const [file] = tables.opportunities;
  if (file === undefined) return { told: 'its file is not in the folder', buyer: true };
  const reading = crmReading(config.crm);
  const { names } = recogniseColumns(await columns(file), reading);
  const told = [...names].map(
    ([field, name]) =>
      `${field} from ${JSON.stringify(short(name))}${reading.columns[field] === undefined ? '' : ' (crm.columns)'}`,
  );
  const buyer = names.has('customer_id') || names.has('account_id');
  const without = [
    ...(buyer ? [] : ['customer_id', 'account_id']),
    ...(['type', 'owner'] as const).filter((field) => !names.has(field)),
  ];
  return { told: `${told.join(', ')}${without.length === 0 ? '' : `; without ${without.join(', ')}`}`, buyer };
};

const exportCheck = async (
  source: SnapshotSource,
  month: Month,
  exported: Month,
  held: Row | undefined,
  facts: CrmFacts,
): Promise<Check> => {
  const { told, buyer } = await columnsTold(source, exported, facts);
  const [all, won] = [whole(held?.opportunities), whole(held?.won)];
  const seen = `the export of ${exported} has ${counted(all, 'opportunity', 'opportunities')}, ${won} of them won; ${told}`;
  if (won === 0)
    return warn(
      'opportunities',
      seen,
      'Export closed deals as well, or name the stages that are won under "crm": {"won": […]}: only what is won explains a movement.',
    );
  if (!buyer)
    return warn(
      'opportunities',
      `${seen}: nobody knows who buys`,
      'Export the column that holds the billing id of the customer, or name it under "crm": {"columns": {"customer_id": …}}.',
    );
  if (exported < month && whole(held?.won_since_folder) === 0)
    return warn(
      'opportunities',
      `${seen}; ${month} has none of its own, so what closed since then is not in it`,
      `Put an export of ${month} into its folder.`,
    );
  return ok('opportunities', seen);
};

const buyersCheck = (held: Row | undefined, strangers: readonly Row[]): Check => {
  const [inside, nameless] = [whole(held?.won_inside), whole(held?.won_without_buyer)];
  const count = whole(strangers[0]?.all_strangers);
  const ids = strangers.map(({ opportunity_id: id }) => id ?? '');
  const without = nameless === 0 ? '' : `; ${nameless} of all that were won without one buyer, or with several`;
  if (count === 0 && nameless === 0)
    return ok('opportunity buyers', 'the buyer of all that was won in the year is a customer in billing');
  const seen =
    count === 0
      ? 'every buyer that is named is a customer in billing'
      : `${count} of ${inside} won in the year have a buyer who is no customer in billing: opportunities ${listed(ids, count)}`;
  return warn(
    'opportunity buyers',
    `${seen}${without}`,
    'Export the id that billing knows the buyer by: these are found by an id on a line alone.',
  );
};

const daysCheck = (month: Month, held: Row | undefined): Check => {
  const [inside, later, never] = [held?.won_inside, held?.won_later, held?.won_without_day].map(whole);
  const won = exact(held?.won ?? '0');
  const share = `${exact(held?.won_inside ?? '0')
    .times(100)
    .dividedBy(won)
    .toFixed(1)} %`;
  const year = `the year from ${addMonths(openingMonthOf(month, 'ttm'), 1)} to ${month}`;
  const others = [
    ...(later === 0 ? [] : [`${later} after it`]),
    ...(never === 0 ? [] : [`${never} without a day, found by their ids alone`]),
  ];
  const seen = `${inside} of ${won} won (${share}) closed in ${year}${others.length === 0 ? '' : `; ${others.join(', ')}`}`;
  if (inside === 0)
    return warn(
      'opportunity days',
      seen,
      'Export the year that is reported, and see that the close date is the day of signing.',
    );
  return ok('opportunity days', seen);
};

const idsCheck = (month: Month, rows: readonly Row[]): Check => {
  const of = (standing: string) => {
    const these = rows.filter((row) => row.standing === standing);
    const [first] = these;
    const ids = these.map(({ opportunity_id: id }) => id ?? '');
    return { ids, count: whole(first?.ids), lines: whole(first?.named_lines) };
  };
  const [won, open, unknown] = [of('won'), of('not won'), of('unknown')];
  const all = won.count + open.count + unknown.count;
  if (all === 0)
    return ok(
      'opportunity ids',
      `no line of ${month} names an opportunity: movements find theirs by account and close date`,
    );
  if (open.count + unknown.count === 0)
    return ok('opportunity ids', `${counted(all, 'id')} on lines of ${month}, all of them won in the export`);
  const told = [
    ...(unknown.count === 0
      ? []
      : [
          `${unknown.count} that the export does not know, on ${counted(unknown.lines, 'line')}: ${listed(unknown.ids, unknown.count)}`,
        ]),
    ...(open.count === 0
      ? []
      : [`${open.count} that it has as not won, on ${counted(open.lines, 'line')}: ${listed(open.ids, open.count)}`]),
  ];
  return warn(
    'opportunity ids',
    `of ${counted(all, 'id')} on lines of ${month}, ${told.join('; ')}`,
    'Export the whole history of opportunities, and correct these ids in billing: an id that is not there as won is no trace.',
  );
};

export type CrmFacts = {
  readonly catalog: Catalog;
  readonly config: Config;
  readonly lake: Lake;
  readonly columns: TableLoader['columns'];
};

/** Every check of the export that counts at a month; none where nothing connects the book with a CRM. */
export const crmChecks = async (source: SnapshotSource, month: Month, facts: CrmFacts): Promise<Check[]> => {
  const { catalog, config, lake } = facts;
  const exported = monthsWith(catalog, 'opportunities', month).at(-1);
  if (exported === undefined)
    return JSON.stringify(crmReading(config.crm)) === JSON.stringify(usualReading)
      ? []
      : [
          warn(
            'opportunities',
            `"crm" is configured, but no month up to ${month} has opportunities`,
            `Put the CRM’s export into the folder of ${month}, as opportunities.csv.`,
          ),
        ];
  const questions = crmQuestions(catalog, month, exported);
  const [held] = await lake.rows(questions.held);
  const opportunities = await exportCheck(source, month, exported, held, facts);
  if (whole(held?.won) === 0) return [opportunities];
  return [
    opportunities,
    buyersCheck(held, await lake.rows(questions.strangers)),
    daysCheck(month, held),
    idsCheck(month, await lake.rows(questions.idsOnLines)),
  ];
};
