/** One address that says all of a Trino: `https://user:password@host:8443/catalog/schema?lake=s3://bucket/lake`. */
import { usageError } from '../errors.ts';
import type { TrinoServer } from './trino-statement.ts';

const hint =
  'Write it as http://user@host:8080/catalog/schema, and add ?lake=… with the location of the lake folder where Trino sees it elsewhere.';

/** Names that need no quotes in SQL. */
const isName = (text: string) => /^[a-z][a-z0-9_]*$/.test(text);

/** What the address names; `lake` is the location where it names none. A password never comes back in a complaint. */
export const parseTrinoUrl = (text: string, lake: string): TrinoServer & { readonly lake: string } => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageError('RETENTION_TRINO_URL is no http address', hint);
  const [catalog = '', schema = '', ...more] = url.pathname.slice(1).split('/');
  if (!isName(catalog) || !isName(schema) || more.length > 0)
    throw usageError('RETENTION_TRINO_URL names no catalog and schema in small letters', hint);
  const user = decodeURIComponent(url.username);
  if (user === '') throw usageError('RETENTION_TRINO_URL names no user', hint);
  const password = decodeURIComponent(url.password);
  if (password !== '' && url.protocol !== 'https:')
    throw usageError('RETENTION_TRINO_URL has a password, which Trino takes over https alone', hint);
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'lake');
  if (unknown !== undefined) throw usageError(`RETENTION_TRINO_URL has the unknown part ${unknown}`, hint);
  return {
    url: url.origin,
    user,
    ...(password === '' ? {} : { password }),
    catalog,
    schema,
    lake: url.searchParams.get('lake') ?? lake,
  };
};
