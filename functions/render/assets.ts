/** Files that rendering reads: templates and fonts. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file of the folder `templates`, which a bundle carries too. Throws when it is not there. */
export const assetPath = (name: string): string => {
  const place = fileURLToPath(new URL(`../../templates/${name}`, import.meta.url));
  if (!existsSync(place)) throw new Error(`${name} is not where it belongs: ${place}`);
  return place;
};
