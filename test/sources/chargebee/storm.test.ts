/** A pull from Chargebee while its servers fail: what comes out is the same, bytes and all. */
import { chargebee } from '../../../functions/sources/chargebee/vendor.ts';
import { apiKey, startChargebee } from '../../servers/chargebee.ts';
import { withstandsStorms } from '../storm-suite.ts';
import { siteAt } from './book.ts';

const now = '2026-11-02T06:00:00Z';

withstandsStorms({
  vendor: chargebee,
  address: 'chargebee:?site=acme',
  apiKey,
  now,
  open: () => startChargebee(siteAt(now), 7),
  silent: { path: '/api/v2/events', list: 'events' },
  kills: [2, 12],
});
