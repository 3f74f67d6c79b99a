/** Who gets the mail of a run. */
import type { Config } from './core/config.ts';
import { usageError } from './errors.ts';
import type { RunRequest } from './run-record.ts';

/** The addresses that a request means. */
export const recipientsOf = (
  { to }: NonNullable<RunRequest['mail']>,
  config: Config,
  ops: readonly string[],
): readonly string[] => {
  const recipients = to === 'ops' ? ops : to === 'recipients' ? config.recipients : to;
  if (recipients.length > 0) return recipients;
  throw to === 'ops'
    ? usageError(
        'the stack has no ops recipients to mail this run to',
        'Deploy it with the context opsRecipients, or name addresses with --to.',
      )
    : usageError(
        'the configuration has no recipients to mail the report to',
        'Set "recipients" in the configuration and deploy again, or name addresses with --to.',
      );
};
