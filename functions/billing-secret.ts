/** The secret that a stack keeps the billing system's key in, as people are told of it. */

/** How to put a key into a secret. */
export const putKeyHint = (secret: string): string =>
  `Put a key that may only read into it, then run the month again: aws secretsmanager put-secret-value --secret-id ${secret} --secret-string <key>`;
