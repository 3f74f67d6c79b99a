/** How a stack is deployed anew without undoing its installation: what was given as -c is kept nowhere. */

/** For a shell, whatever stands in it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The sentence, and the command as far as the stack's outputs tell its settings; `changes` are those that are new. */
export const deployAgain = (
  stack: string,
  billingSource: string | undefined,
  changes: readonly string[] = [],
): string => {
  const kept = billingSource === undefined ? [] : [`billingSource=${billingSource}`];
  const given = [`stackName=${stack}`, ...kept, ...changes].map((setting) => `-c ${shellWord(setting)}`);
  return `Deploy again with every -c setting that it was deployed with, as one that is left out goes back to its default: npx cdk deploy ${given.join(' ')} …`;
};
