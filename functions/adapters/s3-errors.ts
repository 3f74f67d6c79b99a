/** What S3 and the way to it can say, in words that name the next step. */
import { dependencyError, ReportError } from '../errors.ts';

/** The status of the answer; 0 where there was none. */
export const statusOf = (error: unknown): number => {
  const metadata: unknown = error instanceof Error && '$metadata' in error ? error.$metadata : null;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
};

/** S3's own name of the failure, or the system's: `NoSuchKey`, `ECONNRESET`. */
const namesOf = (error: Error): string[] => [
  error.name,
  ...('code' in error && typeof error.code === 'string' ? [error.code] : []),
];

type Told = { readonly code: string; readonly hint: string };

const forbidden: Told = {
  code: 'S3_ACCESS_DENIED',
  hint: 'Give this role the action on the key, ListBucket on the bucket (without it an absent key looks forbidden) and the use of its KMS key.',
};
const busy: Told = {
  code: 'S3_BUSY',
  hint: 'S3 asks for fewer requests or has trouble of its own: run again in a while.',
};
const unreachable: Told = {
  code: 'S3_UNREACHABLE',
  hint: 'Check region, endpoint and the way to S3 (VPC endpoint, proxy, DNS), then run again.',
};
const interrupted: Told = { code: 'S3_INTERRUPTED', hint: 'The connection broke or fell silent: run again.' };
const credentials: Told = {
  code: 'S3_CREDENTIALS',
  hint: 'Renew the credentials of this session, or check those of the role and the clock of this machine.',
};
const key: Told = {
  code: 'S3_KMS',
  hint: 'Check that the bucket’s KMS key is enabled and that this role may use it (kms:Decrypt, kms:GenerateDataKey).',
};
const disk: Told = {
  code: 'DISK',
  hint: 'Free space on the local disk, or give the function more of it (/tmp), then run again.',
};

const told: Readonly<Record<string, Told>> = {
  AccessDenied: forbidden,
  AllAccessDisabled: forbidden,
  NoSuchBucket: {
    code: 'S3_NO_BUCKET',
    hint: 'Check the bucket’s name, and that the stack is deployed in this account and region.',
  },
  PermanentRedirect: { code: 'S3_WRONG_REGION', hint: 'The bucket is in another region: set AWS_REGION to it.' },
  AuthorizationHeaderMalformed: {
    code: 'S3_WRONG_REGION',
    hint: 'The bucket is in another region: set AWS_REGION to it.',
  },
  KeyTooLongError: { code: 'S3_KEY_TOO_LONG', hint: 'Use shorter names: S3 takes 1,024 bytes a key.' },
  InvalidObjectState: { code: 'S3_ARCHIVED', hint: 'The object lies in an archive tier: restore it, then run again.' },
  SlowDown: busy,
  ServiceUnavailable: busy,
  InternalError: busy,
  RequestLimitExceeded: busy,
  ExpiredToken: credentials,
  InvalidAccessKeyId: credentials,
  InvalidToken: credentials,
  SignatureDoesNotMatch: credentials,
  RequestTimeTooSkewed: credentials,
  CredentialsProviderError: credentials,
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: interrupted,
  EPIPE: interrupted,
  TimeoutError: interrupted,
  RequestTimeout: interrupted,
  AbortError: interrupted,
  ENOSPC: disk,
  EDQUOT: disk,
  EMFILE: { code: 'DISK', hint: 'Raise the limit of open files (ulimit -n), then run again.' },
  ENOENT: { code: 'DISK', hint: 'A local file is gone: run again, and keep other programs out of its scratch folder.' },
  EACCES: { code: 'DISK', hint: 'Give this user read and write access to its scratch folder.' },
  EROFS: { code: 'DISK', hint: 'Use a scratch folder on a disk that can be written (/tmp).' },
};

const hintFor = (error: Error): Told => {
  const names = namesOf(error);
  if (names.some((name) => name.startsWith('KMS.')) || (statusOf(error) === 403 && /\bkms\b/i.test(error.message)))
    return key;
  const known = names.map((name) => told[name]).find((found) => found !== undefined);
  if (known !== undefined) return known;
  if (statusOf(error) === 403) return forbidden;
  if (statusOf(error) >= 500) return busy;
  return { code: 'S3_FAILED', hint: 'See what S3 said; run again if it may pass.' };
};

/** True where the local disk failed: nothing that S3 could do better the next time. */
export const isLocal = (error: unknown): boolean => error instanceof Error && hintFor(error).code === 'DISK';

/** A failure as ReportError: `what` tells the work and its bucket and key, such as `read s3://lake/a`. */
export const s3Failure = (what: string, error: unknown): ReportError => {
  if (error instanceof ReportError) return error;
  const failure = error instanceof Error ? error : new Error(`${error}`);
  const { code, hint } = hintFor(failure);
  const status = statusOf(failure);
  const said = [
    status === 0 ? '' : `${status}`,
    namesOf(failure).find((name) => name !== 'Error') ?? '',
    failure.message,
  ].filter((part) => part !== '');
  return dependencyError(code, `Could not ${what}: ${said.join(' ')}`, hint, failure);
};

/** A pause of random length below `limitMs`: rivals that met once must not meet again. */
export const pause = (limitMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * limitMs));
