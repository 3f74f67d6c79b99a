/** What the sample's company sells, to whom, and how often things happen to a customer of each size. */

export type Size = 'small' | 'middle' | 'large';
export type Model = 'flat' | 'seat' | 'tiered' | 'usage';

export type Plan = {
  readonly plan: string;
  readonly product: string;
  readonly model: Model;
  /** Dollars a month for one unit. */
  readonly price: number;
  readonly fewest: number;
  readonly most: number;
};

const starter: Plan = { plan: 'Starter', product: 'platform-starter', model: 'flat', price: 59, fewest: 1, most: 1 };
const team: Plan = { plan: 'Team', product: 'platform-team', model: 'seat', price: 29, fewest: 3, most: 24 };
const business: Plan = {
  plan: 'Business',
  product: 'platform-business',
  model: 'seat',
  price: 49,
  fewest: 22,
  most: 145,
};
const enterprise: Plan = {
  plan: 'Enterprise',
  product: 'platform-enterprise',
  model: 'tiered',
  price: 72,
  fewest: 125,
  most: 420,
};

export const plansOf: Readonly<Record<Size, readonly [Plan, ...Plan[]]>> = {
  small: [starter, team, team, team],
  middle: [business],
  large: [enterprise],
};

export const planAbove: Readonly<Record<string, Plan>> = { Starter: team, Team: business, Business: enterprise };
export const planBelow: Readonly<Record<string, Plan>> = { Enterprise: business, Business: team, Team: starter };

export type AddOn = { readonly product: string; readonly model: Model; readonly price: number; readonly share: number };

/** Sold beside a plan. `share`: units for every 100 units of the plan, at least 1. */
export const addOns: readonly [AddOn, ...AddOn[]] = [
  { product: 'analytics', model: 'seat', price: 12, share: 50 },
  { product: 'api-usage', model: 'usage', price: 3, share: 120 },
  { product: 'premium-support', model: 'flat', price: 90, share: 2 },
];

export type Habits = {
  /** Of 10,000 accounts. */
  readonly weight: number;
  readonly annual: number;
  readonly quarterly: number;
  readonly addOn: number;
  /** Of 10,000 a month. */
  readonly cancels: number;
  readonly paymentFails: number;
  readonly pauses: number;
  readonly expands: number;
  readonly contracts: number;
  /** Of 10,000 failed payments. */
  readonly givenUp: number;
};

export const habits: Readonly<Record<Size, Habits>> = {
  small: {
    weight: 62,
    annual: 2_500,
    quarterly: 800,
    addOn: 1_800,
    cancels: 95,
    paymentFails: 330,
    pauses: 22,
    expands: 450,
    contracts: 90,
    givenUp: 2_200,
  },
  middle: {
    weight: 27,
    annual: 5_500,
    quarterly: 1_200,
    addOn: 3_500,
    cancels: 52,
    paymentFails: 280,
    pauses: 9,
    expands: 1_000,
    contracts: 180,
    givenUp: 1_900,
  },
  large: {
    weight: 11,
    annual: 8_000,
    quarterly: 800,
    addOn: 6_000,
    cancels: 28,
    paymentFails: 190,
    pauses: 2,
    expands: 1_500,
    contracts: 220,
    givenUp: 1_700,
  },
};

export const sizes = { small: habits.small.weight, middle: habits.middle.weight, large: habits.large.weight };

/** Raw reasons as three billing systems write them. */
export const voluntaryReasons = {
  stripe: { cancellation_requested: 60, too_expensive: 16, switched_service: 14, customer_service: 10 },
  chargebee: { cancellation_requested: 75, too_expensive: 15, switched_service: 10 },
  recurly: { cancellation_requested: 70, customer_service: 15, switched_service: 15 },
} as const;

export const involuntaryReasons = {
  stripe: { payment_failed: 88, payment_disputed: 12 },
  chargebee: { not_paid: 78, no_card: 22 },
  recurly: { payment_failed: 90, payment_disputed: 10 },
} as const;

export const unknownReasons = ['migrated (see ticket 4711)', 'OTHER', 'r-17'] as const;

export type Provider = keyof typeof voluntaryReasons;

export const declineCodes = [
  'insufficient_funds',
  'expired_card',
  'do_not_honor',
  'card_velocity_exceeded',
  'authentication_required',
] as const;
