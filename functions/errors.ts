/** What can be expected to go wrong, told once with its next step. Bugs are `assert`ed instead. */

/** Process exit codes; the same numbers classify a failed execution on AWS. */
export const exitCodes = { unexpected: 1, usage: 2, blocked: 3, dependency: 4 } as const;

export type ErrorKind = keyof typeof exitCodes;

/**
 * An expected failure.
 *
 * `kind` decides the exit code, `code` is stable for machines, `message` says what happened and
 * `hint` what a person can do about it.
 */
export class ReportError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string;

  constructor(kind: ErrorKind, code: string, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ReportError';
    this.kind = kind;
    this.code = code;
    this.hint = hint;
  }
}

/** A fault of the arguments or the configuration. */
export const usageError = (message: string, hint: string, cause?: unknown) =>
  new ReportError('usage', 'USAGE', message, hint, { cause });

/** A dependency (disk, S3, Athena, SES, SMTP) refused or failed. */
export const dependencyError = (code: string, message: string, hint: string, cause?: unknown) =>
  new ReportError('dependency', code, message, hint, { cause });
