/** How kept pages are named, and how far back a month's lists reach. */
import { createHash } from 'node:crypto';
import { addMonths } from '../../core/month.ts';
import { startOf } from './calendar.ts';
import type { PullRequest } from './port.ts';

/** Payments, invoices and use are read from this second on: dunning takes up to two months, an average three. */
export const lookBack = ({ month, timeZone }: PullRequest): number => startOf(addMonths(month, -2), timeZone);

/** The name of a page of a list, counted from 1. */
export const nameOf = (list: string, number: number): string => `${list}/${`${number}`.padStart(6, '0')}`;

/** Ids can hold anything; names of pages cannot. */
export const keyOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32);
