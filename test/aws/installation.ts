/** The installation that the suite deploys: who sends, who gets the report, who is told of trouble. */
const stackName = 'retention';
const ops = 'ops@example.com';

/** A report's settings: the same for the stack and for the run on this machine that it is held against. */
const config = {
  timeZone: 'Europe/Berlin',
  sender: 'reports@example.com',
  recipients: ['cfo@example.com', 'board@example.com'],
} as const;

export const settings = { stackName, ops, config, context: { stackName, opsRecipients: ops } } as const;
