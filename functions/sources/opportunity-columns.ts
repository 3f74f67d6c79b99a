/** The columns of a CRM's opportunities: ids of two lengths, days as people export them, and what makes one won. */
import { type CrmReading, defaultWonStages, stageKey } from '../core/crm.ts';
import { type Column, column, id, present, required, text } from './column-rules.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A time of day may follow a day, and says nothing: `T14:22:00Z`, ` 14:22`, `, 2:22 PM`. */
const timeOfDay =
  '([T ]|, ?)[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?( ?[AaPp][Mm])?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?';

const inForm = (raw: string, form: string): string => `regexp_full_match(${raw}, ${quoted(`${form}(${timeOfDay})?`)})`;

const dayOf = (year: string, month: string, day: string): string =>
  `TRY_CAST(${year} || '-' || lpad(${month}, 2, '0') || '-' || lpad(${day}, 2, '0') AS DATE)`;

/** The day that a text says, NULL where it says none or can be read in two ways. */
const closeDay = (raw: string, form: CrmReading['dateForm']): string => {
  const part = (at: number) => `regexp_extract(${raw}, '^([0-9]+)[-/. ]+([0-9]+)[-/. ]+([0-9]+)', ${at})`;
  const monthFirst = dayOf(part(3), part(1), part(2));
  const dayFirst = dayOf(part(3), part(2), part(1));
  // Of two numbers of which one is above 12, that one is the day; of two that are equal it makes no difference.
  const undecided = `CASE WHEN TRY_CAST(${part(1)} AS INTEGER) > 12 THEN ${dayFirst} WHEN TRY_CAST(${part(2)} AS INTEGER) > 12 OR TRY_CAST(${part(1)} AS INTEGER) = TRY_CAST(${part(2)} AS INTEGER) THEN ${monthFirst} END`;
  const decided = form === undefined ? undecided : form === 'MM/DD/YYYY' ? monthFirst : dayFirst;
  return `CASE
    WHEN ${inForm(raw, '[12][0-9]{3}-[0-9]{2}-[0-9]{2}')} OR ${inForm(raw, '[12][0-9]{3}/[0-9]{1,2}/[0-9]{1,2}')} THEN ${dayOf(part(1), part(2), part(3))}
    WHEN ${inForm(raw, '[0-9]{1,2}\\.[0-9]{1,2}\\.[12][0-9]{3}')} THEN ${dayFirst}
    WHEN ${inForm(raw, '[0-9]{1,2}/[0-9]{1,2}/[12][0-9]{3}')} OR ${inForm(raw, '[0-9]{1,2}-[0-9]{1,2}-[12][0-9]{3}')} THEN ${decided}
  END`;
};

/** What stands between ids, types and owners in the ledger must not stand in them. */
const withoutSeparator = (raw: string): string => `replace(${raw}, ';', ',')`;

/** A deal that is still open may have no day. */
const closeDate = (form: CrmReading['dateForm']): Column =>
  present(
    column('close_date', {
      wrong: (raw) => `${raw} IS NOT NULL AND (${closeDay(raw, form)}) IS NULL`,
      type: 'DATE',
      value: (raw) => closeDay(raw, form),
      problem:
        form === undefined
          ? 'must be a day such as 2026-10-31 or 10/31/2026; one with two readings, such as 04/05/2026, needs "crm": {"dateForm": "MM/DD/YYYY"} or "DD/MM/YYYY" in the configuration'
          : `must be a day such as 2026-10-31 or, as crm.dateForm has it, ${form}`,
    }),
  );

const opportunityId: Column = {
  ...id('opportunity_id'),
  wrong: (raw) => `${id('opportunity_id').wrong(raw)} OR contains(${raw}, ';')`,
  problem: 'must be at most 255 characters, none of them a semicolon',
};

const spoken: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  '1': true,
  '0': false,
};

const isWon: Column = column('is_won', {
  wrong: (raw) => `lower(${raw}) NOT IN (${Object.keys(spoken).map(quoted).join(', ')})`,
  type: 'VARCHAR',
  problem: 'must be true or false, 1 or 0, yes or no, or empty',
});

export const opportunityColumns = ({ dateForm }: CrmReading): readonly Column[] => [
  required(opportunityId),
  id('customer_id'),
  // HubSpot lists all companies of a deal: who of several pays is not known.
  { ...text('account_id'), value: (raw) => `CASE WHEN NOT contains(${raw}, ';') THEN substr(${raw}, 1, 255) END` },
  closeDate(dateForm),
  { ...text('type'), value: withoutSeparator },
  { ...text('owner'), value: withoutSeparator },
  text('stage'),
  isWon,
];

/** Salesforce has every id in 15 characters and, with 3 to check them by, in 18: they are one. The same text is in the queries. */
export const opportunityKey = (raw: string): string =>
  `CASE WHEN length(${raw}) = 18 AND substr(${raw}, 1, 3) = '006' THEN substr(${raw}, 1, 15) ELSE ${raw} END`;

/** Days from 1970-01-01 to the day that `raw` says. */
export const closeDayNumber = (raw: string, { dateForm }: CrmReading): string =>
  `CAST(date_diff('day', DATE '1970-01-01', ${closeDay(raw, dateForm)}) AS BIGINT)`;

/**
 * Whether an opportunity was won. Where the configuration names stages, those; otherwise what the export says itself; and
 * where it says nothing, its stage. HubSpot puts the pipeline after a stage: `Closed Won (Sales Pipeline)`.
 */
export const wonValue = (stage: string, isWonText: string, { won }: CrmReading): string => {
  const stages = (won?.map(stageKey) ?? defaultWonStages).map(quoted).join(', ');
  const key = (raw: string) => `lower(trim(${raw}))`;
  const withoutPipeline = `regexp_replace(${stage}, '\\s*\\([^()]*\\)\\s*$', '')`;
  const byStage = `coalesce(${key(stage)} IN (${stages}) OR ${key(withoutPipeline)} IN (${stages}), false)`;
  if (won !== undefined) return byStage;
  const yes = Object.entries(spoken)
    .filter(([, said]) => said)
    .map(([word]) => quoted(word));
  return `coalesce(lower(${isWonText}) IN (${yes.join(', ')}), ${byStage})`;
};
