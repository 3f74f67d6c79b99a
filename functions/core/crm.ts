/** How a CRM's export of opportunities is read: what its columns may be called, which stages are won, what a day looks like. */
import { z } from 'zod';

/** What is read of an opportunity. */
export const crmFields = [
  'opportunity_id',
  'customer_id',
  'account_id',
  'close_date',
  'type',
  'owner',
  'stage',
  'is_won',
] as const;
export type CrmField = (typeof crmFields)[number];

export const dateForms = ['MM/DD/YYYY', 'DD/MM/YYYY'] as const;

const header = z.string().min(1).max(255);

/** `crm` of the configuration. */
export const crmSchema = z.strictObject({
  /** The export's own names of columns, where they are not among those that are known. */
  columns: z.partialRecord(z.enum(crmFields), header).default({}),
  /** How far outside a window an opportunity of the same account may have closed and still explain its movement. */
  toleranceDays: z.int().min(0).max(366).default(45),
  /** Which of two readings a day such as 04/05/2026 has. Left out: such a day is refused. */
  dateForm: z.enum(dateForms).optional(),
  /** Stages that are won. Left out: the export's own column says so, otherwise `defaultWonStages`. */
  won: z.array(header).min(1).max(100).optional(),
});
export type CrmSettings = z.infer<typeof crmSchema>;

/** The part of the settings that decides what rows an export's bytes become. */
export type CrmReading = Pick<CrmSettings, 'columns' | 'dateForm' | 'won'>;

export const crmReading = ({ columns, dateForm, won }: CrmSettings): CrmReading => ({
  columns: Object.fromEntries(
    crmFields.flatMap((field) => (columns[field] === undefined ? [] : [[field, columns[field]]])),
  ),
  ...(dateForm === undefined ? {} : { dateForm }),
  ...(won === undefined ? {} : { won: [...won].sort() }),
});

/** Stages are compared without regard to case and to space around them. */
export const stageKey = (stage: string): string => stage.trim().toLowerCase();

/** What Salesforce and HubSpot call a won deal, by label and by internal name. */
export const defaultWonStages: readonly string[] = ['closed won', 'closedwon', 'won'];

/**
 * Names that exports give to the fields, best first, as `columnKey` has them. Salesforce: labels of a report, API names of
 * Data Loader. HubSpot: labels of an export of deals, internal names of its API.
 */
const knownNames: Readonly<Record<CrmField, string>> = {
  opportunity_id: 'opportunityid dealid recordid hsobjectid id',
  customer_id: 'customerid billingcustomerid',
  account_id:
    'billingaccountid accountid associatedcompanyidsprimary associatedcompanyids associatedcompanyid primaryassociatedcompanyid',
  close_date: 'closedate',
  type: 'type opportunitytype dealtype',
  owner: 'opportunityowner dealowner ownername owner ownerfullname ownerid opportunityownerid hubspotownerid',
  stage: 'stagename stage dealstage opportunitystage',
  is_won: 'iswon won isclosedwon hsisclosedwon',
};

/** `Close Date`, `CloseDate` and `CLOSEDATE` are one name. */
const columnKey = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');

export type RecognisedColumns = {
  /** Field → the export's own name of its column. */
  readonly names: ReadonlyMap<CrmField, string>;
  /** What stands against reading the export, by field. */
  readonly problems: readonly { readonly field: CrmField; readonly problem: string }[];
};

/** Finds the fields among the columns of an export. A name of the configuration must be there as written. */
export const recogniseColumns = (
  columns: readonly string[],
  { columns: named, won }: CrmReading,
): RecognisedColumns => {
  const names = new Map<CrmField, string>();
  const problems: { field: CrmField; problem: string }[] = [];
  for (const field of crmFields) {
    const wanted = named[field];
    if (wanted !== undefined) {
      if (columns.includes(wanted)) names.set(field, wanted);
      else problems.push({ field, problem: `the column ${JSON.stringify(wanted)} of crm.columns is missing` });
      continue;
    }
    for (const key of knownNames[field].split(' ')) {
      const found = columns.filter((column) => columnKey(column) === key);
      const [first] = found;
      if (first === undefined) continue;
      if (found.length === 1) names.set(field, first);
      else
        problems.push({
          field,
          problem: `${found.map((name) => JSON.stringify(name)).join(' and ')} may both be it: name one under crm.columns in the configuration`,
        });
      break;
    }
  }
  const isOpen = (field: CrmField) => !names.has(field) && !problems.some((problem) => problem.field === field);
  const missing = 'the column is missing: export it, or name it under crm.columns in the configuration';
  for (const field of ['opportunity_id', 'close_date'] as const)
    if (isOpen(field)) problems.push({ field, problem: missing });
  if (won !== undefined && isOpen('stage'))
    problems.push({ field: 'stage', problem: `${missing}; crm.won names stages` });
  if (won === undefined && isOpen('stage') && isOpen('is_won'))
    problems.push({
      field: 'is_won',
      problem: `${missing}. Without it, or a column of stages, nobody knows what was won`,
    });
  return { names, problems };
};
