/** One plain e-mail address. Mail libraries read more into a string than was meant: lists, groups, names, whole headers. */
import { usageError } from '../errors.ts';
import { displayText } from './display-text.ts';

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const localPart = new RegExp(`^${atom}(\\.${atom})*$`);
const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const domain = new RegExp(`^(localhost|${label}(\\.${label})+)$`);

const faultOf = (text: string): string | null => {
  if (text.length > 254) return 'is longer than 254 characters';
  const at = text.lastIndexOf('@');
  if (at < 1) return 'has no @ with a name before it';
  const [local, host] = [text.slice(0, at), text.slice(at + 1)];
  if (local.length > 64) return 'has more than 64 characters before the @';
  if (!localPart.test(local)) return 'has something before the @ that a plain address cannot have';
  return domain.test(host) ? null : 'has no valid domain after the @';
};

/** The address as it was given, when it is exactly one: ASCII, no display name, list, group, comment, space or line break. */
export const parseAddress = (text: string): string => {
  const fault = faultOf(text);
  if (fault === null) return text;
  throw usageError(
    `"${displayText(text, 80)}" ${fault}`,
    'Write one plain address an entry, such as cfo@example.com, without a name; a domain outside ASCII in its xn-- form.',
  );
};
