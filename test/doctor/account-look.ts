/** A Stripe account as the doctor sees it, in a home that is there for one test. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openExaminer, openSnapshots, openSource } from '../../functions/compose-sources.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { isMonth, parseMonth } from '../../functions/core/month.ts';
import { type Diagnosis, examineAccount } from '../../functions/doctor/doctor.ts';
import { inboxOf } from '../../functions/sources/billing/pull-month.ts';
import { invoicesAsked } from '../../functions/sources/billing/vendor.ts';
import { stripe as vendor } from '../../functions/sources/stripe/vendor.ts';
import { type Account, apiKey, type StripeServer, startStripe } from '../servers/stripe.ts';
import { accountAt, rates } from '../sources/stripe/book.ts';
import { at } from '../sources/stripe/objects.ts';
import { named } from './look.ts';

export const november = '2026-11-02T06:00:00Z';
export const httpDate = (instant: string) => new Date(instant).toUTCString();

export type AccountSettings = {
  readonly address?: string;
  readonly month?: string;
  readonly now?: string;
  readonly key?: string;
  readonly config?: Readonly<Record<string, unknown>>;
};

/** Opens a server and a home before each test and takes them down after it. */
export const accountUnderLook = () => {
  let root = '';
  let server: StripeServer;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'doctor-'));
    server = await startStripe(accountAt(november));
    server.date = httpDate(november);
  });
  afterEach(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  const environmentOf = ({ now = november, key = apiKey }: AccountSettings) => ({
    SOURCE_DATE_EPOCH: `${at(now)}`,
    STRIPE_API_KEY: key,
    RETENTION_STRIPE_URL: server.url,
  });
  const worldOf = (settings: AccountSettings, dryRun: boolean) => ({
    home: join(root, 'home'),
    dryRun,
    environment: environmentOf(settings),
    progress: () => {},
    note: () => {},
  });

  const look = (settings: AccountSettings = {}): Promise<Diagnosis> => {
    const { address = 'stripe:?parent=group', month, config = {} } = settings;
    return withLocalWorld(worldOf(settings, true), async (world) => {
      const inbox = join(root, 'home', inboxOf(invoicesAsked(vendor, address)?.name ?? vendor.name));
      const found = await openSnapshots(inbox, world.store).catch(() => null);
      const stood: readonly string[] = await readdir(join(root, 'home/inbox/stripe')).catch(() => []);
      return examineAccount({
        month: month === undefined ? null : parseMonth(month),
        config: parseConfig(config, 'test'),
        looked: world,
        ratesFile: (name) => `inbox/${name}/fx.csv`,
        vendor,
        address,
        open: () => openExaminer(vendor, address, environmentOf(settings)),
        inbox: found,
        committed: stood.filter(isMonth).sort(),
      });
    });
  };

  return {
    root: () => root,
    server: () => server,
    look,
    check: async (name: string, settings?: AccountSettings) => named((await look(settings)).checks, name),
    pull(settings: AccountSettings = {}): Promise<unknown> {
      const { address = 'stripe:?parent=group', month = '2026-10' } = settings;
      const options = worldOf(settings, false);
      const wanted = { address, months: [parseMonth(month)], timeZone: 'UTC', again: false };
      return withLocalWorld(options, (world) => openSource({ ...options, ...wanted }, world));
    },
    async withRates(): Promise<void> {
      await mkdir(join(root, 'home/inbox/stripe/2026-08'), { recursive: true });
      await writeFile(join(root, 'home/inbox/stripe/2026-08/fx.csv'), rates);
    },
    examiner: (key: string) => openExaminer(vendor, 'stripe:', environmentOf({ key })),
    /** The account with other objects in some of its lists. */
    having(changes: Partial<Account>): void {
      server.account = { ...server.account, ...changes };
    },
  };
};

export const outcomes = ({ checks }: Diagnosis) => checks.map(({ name, outcome }) => `${name}: ${outcome}`);
