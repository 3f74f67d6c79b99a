/** What looks a billing account over before it is pulled: few requests, all of them reading, nothing kept. */
import { dependencyError } from '../../errors.ts';
import type { Answer } from './http-reader.ts';
import type { PullRequest, TableRow } from './port.ts';

/** Requests are given up sooner than in a pull: somebody is waiting in front of the terminal. */
export const examinedAttempts = 3;

/** Objects of a kind that are looked at, newest first. */
export const sampleSize = 1_000;

/** What a key tells by its form alone. */
export type KeyForm = {
  /** For people, such as `a restricted key, live mode`; never a part of the key. */
  readonly told: string;
  /** What to use in its place; null where it is just right. */
  readonly better: string | null;
  /** False for a key that no account can be read with: it is not sent. */
  readonly fit: boolean;
};

/** Something that a pull reads. */
export type Need = {
  /** The permission as the vendor names it where keys are made. */
  readonly permission: string;
  /** As a pull asks for it, for one object. */
  readonly path: string;
};

/** Values of the newest objects of a kind, of which `looked` were looked at; `complete` where there are no more. */
export type Sample<T> = { readonly values: readonly T[]; readonly looked: number; readonly complete: boolean };

/**
 * One account, to be looked over. Requests fail like those of a pull: with ReportErrors whose codes end in `_KEY` for a
 * key that is not known, and in `_PERMISSION` for one that may not read what was asked for.
 */
export type Examiner = {
  readonly key: KeyForm;
  needs(request: PullRequest): readonly Need[];
  /** Answers a need; null where the account has no such thing. */
  ask(path: string): Promise<Answer | null>;
  /** For how many days the vendor tells what changed; null where it does not tell changes at all. */
  readonly changesKeptDays: number | null;
  /** When the oldest subscription began, in seconds since 1970; it may be off by less than a month. Null without any. */
  oldest(request: PullRequest): Promise<number | null>;
  /** Where months are made of invoices: when the oldest was made, as exactly. Null without any. */
  oldestInvoice?(request: PullRequest): Promise<number | null>;
  /** Raw reasons of subscriptions that ended, as a pull would write them. */
  reasons(request: PullRequest): Promise<Sample<string>>;
  /** Customers as a pull would write them. */
  customers(request: PullRequest): Promise<Sample<TableRow>>;
  /** Currencies of the subscriptions that pay. */
  currencies(request: PullRequest): Promise<Sample<string>>;
};

/** A page of a sample: how many objects it has, what was taken from them, and where the next page is. */
export type SamplePage<T> = { readonly objects: number; readonly values: readonly T[]; readonly next: string | null };

/** Reads pages, beginning with `first`, until the sample is large enough or there are no more. */
export const sampleOf = async <T>(
  first: string,
  read: (path: string) => Promise<SamplePage<T>>,
): Promise<Sample<T>> => {
  const values: T[] = [];
  let looked = 0;
  let path: string | null = first;
  while (path !== null && looked < sampleSize) {
    const page: SamplePage<T> = await read(path);
    values.push(...page.values);
    looked += page.objects;
    // An empty page that names another could go on for ever.
    path = page.objects === 0 ? null : page.next;
  }
  return { values, looked, complete: path === null };
};

/** The fault of a list that is not there although the vendor documents it. */
export const noSuchList = (title: string, what: string) =>
  dependencyError(
    `${title.toUpperCase()}_SHAPE`,
    `${title} has no list of ${what}`,
    'Look whether the account has this part of the product.',
  );
