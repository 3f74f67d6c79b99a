/** The CRM beside the sample's book: an export as Salesforce writes it, with the gaps that a CRM has. */
import { addMonths, type Month } from '../../core/month.ts';
import type { Happenings, SampleRow } from './account-life.ts';
import { diceFor } from './dice.ts';
import type { Profile } from './profile.ts';

export const exportColumns = [
  'Id',
  'Name',
  'AccountId',
  'StageName',
  'Type',
  'CloseDate',
  'Owner.Name',
  'IsWon',
] as const;

const owners = [
  'Ada Okafor',
  'Bo O’Neil, Jr.',
  'Carla Brandt',
  'Dev Anand',
  'Emi Sato',
  'Farid Haddad',
  'Greta Lind',
] as const;

const dayOf = (month: Month, day: number): string => `${month}-${`${day}`.padStart(2, '0')}`;

/** Dice of its own for each account: the book is the same with it and without. */
const crmDice = 1_000_003;

/** Watches the accounts month by month, and tells what the CRM knows of them at the end. */
export const sampleCrm = (seed: number) => {
  const rows: SampleRow[] = [];
  const seen = new Set<string>();
  const present = new Set<number>();

  return {
    /** `root` is whom billing knows as the account. Months come in order. */
    watch(
      index: number,
      { profile, root }: { profile: Profile; root: string },
      at: number,
      month: Month,
      { lines }: Happenings,
    ) {
      const dice = diceFor(seed, crmDice, index, at);
      const wasThere = present.has(index);
      const isThere = lines.some(({ status }) => status === 'active' || status === 'past_due');
      if (isThere) present.add(index);
      else present.delete(index);
      if (!profile.salesLed) return;

      const add = (id: string, type: string, closed: Month, isWon = true): void => {
        rows.push({
          Id: id,
          Name: `${profile.name}, ${type} ${closed}`,
          AccountId: root,
          StageName: isWon ? 'Closed Won' : 'Closed Lost',
          Type: type,
          CloseDate: dayOf(closed, dice.between(1, 28)),
          'Owner.Name': dice.pick(owners),
          IsWon: `${isWon}`,
        });
      };
      // Who was there when the book begins had been sold before.
      const soldIn = at === 0 && profile.start < 0 ? addMonths(month, profile.start) : month;
      for (const id of new Set(lines.map(({ opportunity_id }) => opportunity_id ?? ''))) {
        if (id === '' || seen.has(id)) continue;
        seen.add(id);
        // One in nine was merged or deleted: the line names what the CRM no longer has.
        if (wasThere && dice.hits(1_100)) continue;
        add(id, wasThere ? 'Upsell' : 'New Business', soldIn);
      }
      // Renewals are in the CRM alone: billing goes on without an id of theirs.
      const isDue = profile.interval === 12 && at > profile.start && (at - profile.start) % 12 === 0;
      if (wasThere && isDue) add(`006${dice.token(15)}`, 'Renewal', month, isThere);
    },
    rows: (): readonly SampleRow[] => rows,
  };
};
