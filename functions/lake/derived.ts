/** Rendered queries that know what they read and what they are made of: the links of the lineage. */
import { createHash } from 'node:crypto';
import type { Month } from '../core/month.ts';
import type { Partition } from '../ports.ts';
import { type QueryName, queryText, renderSql, type SqlParameters, text } from '../queries/sql.ts';
import type { LakeTable } from './tables.ts';

/** A rendered query with what it reads: stored partitions, and tables that may have to be built first. */
export type Derived = {
  readonly query: QueryName;
  readonly month: Month;
  readonly sql: string;
  /** Identifies the result: equal hashes, equal rows. */
  readonly hash: string;
  readonly reads: readonly Partition[];
  readonly inputs: readonly DerivedTable[];
};

export type DerivedTable = Derived & { readonly target: Partition };

/** What a query reads; null where a month has none of it. */
export type Source = Partition | DerivedTable | null;

const isDerived = (source: Partition | DerivedTable): source is DerivedTable => 'target' in source;

/** A query with its parameters, and all that it reads. */
export const derive = (
  query: QueryName,
  month: Month,
  parameters: SqlParameters,
  sources: readonly Source[],
): Derived => {
  const sql = renderSql(queryText(query), parameters);
  const present = sources.filter((source) => source !== null);
  return {
    query,
    month,
    sql,
    hash: createHash('sha256').update(sql).digest('hex').slice(0, 32),
    reads: present.map((source) => (isDerived(source) ? source.target : source)),
    inputs: present.filter(isDerived),
  };
};

/** A query whose rows are stored: its version is the hash of its text. */
export const asTable = (table: LakeTable, derived: Derived): DerivedTable => ({
  ...derived,
  target: { table, month: derived.month, version: derived.hash },
});

/** The month of a source as a parameter; empty where there is none, which is no partition's. */
export const monthOf = (source: Source) =>
  text(source === null ? '' : isDerived(source) ? source.target.month : source.month);
/** Its version likewise. */
export const versionOf = (source: Source) =>
  text(source === null ? '' : isDerived(source) ? source.target.version : source.version);
