/** The address of a billing account: `stripe:` and, behind a question mark, settings of how it is to be read. */
import { usageError } from '../../errors.ts';

export type AddressForm = {
  readonly name: string;
  readonly title: string;
  /** Settings that the address may have. */
  readonly known: readonly string[];
  /** A whole address with settings. */
  readonly example: string;
  /** False where the name alone is no address, as a setting is needed. */
  readonly alone?: boolean;
};

/** The refusal of an address, with a good one to go by. What was written is not repeated: people write keys there. */
export const wrongAddress = ({ title, name, example, alone = true }: AddressForm, problem: string) =>
  usageError(
    `The address behind "${name}:" does not say how to read ${title}: ${problem}`,
    `For example: ${alone ? `--source ${name}: or ` : ''}--source "${example}"`,
  );

/** The settings of an address, each given once and not empty. Throws a ReportError of kind `usage` for anything else. */
export const settingsIn = (form: AddressForm, address: string): ReadonlyMap<string, string> => {
  const wrong = (problem: string) => wrongAddress(form, problem);
  const prefix = `${form.name}:`;
  const query = address.slice(prefix.length + 1);
  if (!address.startsWith(prefix) || (address !== prefix && (address[prefix.length] !== '?' || query === '')))
    throw wrong(`write ${prefix} and nothing, or ? and settings, behind it`);
  const given = new URLSearchParams(query);
  const twice = [...given.keys()].find((key) => given.getAll(key).length > 1);
  if (twice !== undefined) throw wrong(`${twice} is there twice`);
  const stranger = [...given.keys()].find((key) => !form.known.includes(key));
  if (stranger !== undefined) throw wrong(`it has a setting that is none of ${form.known.join(', ')}`);
  const empty = [...given].find(([, value]) => value.trim() === '');
  if (empty !== undefined) throw wrong(`${empty[0]} is empty`);
  return new Map(given);
};

/** The names of a list such as `plan,region`; null where the setting is left out. */
export const namesIn = (setting: string | undefined): readonly string[] | null =>
  setting?.split(',').map((name) => name.trim()) ?? null;
