/** A pull from Stripe while its servers fail: what comes out is the same, bytes and all. */
import { expect, it } from 'vitest';
import { stripe } from '../../../functions/sources/stripe/vendor.ts';
import { apiKey, startStripe } from '../../servers/stripe.ts';
import { month, withstandsStorms } from '../storm-suite.ts';
import { accountAt, pulledOn } from './book.ts';
import { at } from './objects.ts';

const now = pulledOn(month);

const { server, calm, pull } = withstandsStorms({
  vendor: stripe,
  address: 'stripe:?parent=group',
  apiKey,
  now,
  open: () => startStripe(accountAt(now), 3),
  silent: { path: '/v1/events', list: 'events' },
  kills: [2, 12],
});

it.each(['/v1/subscriptions', '/v1/charges'])('%s that come last are the same tables', async (list) => {
  const times = () => server().asked.filter((asked) => asked.startsWith(list)).length;
  server().fault = (_, path) => (path === list && times() < 8 ? { status: 429 } : null);
  expect((await pull(`late-${list.slice(4)}`)).tree).toEqual(calm());
});

it('events that are told twice, and those of other things, change nothing', async () => {
  const { account } = server();
  const twice = account.events.map((event) => ({ ...event, id: `${event.id}_again` }));
  const stranger = {
    id: 'evt_stranger',
    created: at(now) - 60,
    type: 'invoice.paid',
    data: { object: { id: 'in_1' } },
  };
  server().account = { ...account, events: [...account.events, ...twice, stranger] };
  const { tree } = await pull('twice');
  server().account = account;
  const tables = (files: Readonly<Record<string, string>>) =>
    Object.entries(files).filter(([name]) => name.startsWith('stripe/'));
  expect(tables(tree).length).toBeGreaterThan(3);
  expect(tables(tree)).toEqual(tables(calm()));
});
