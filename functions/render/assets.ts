/** Files that rendering reads: templates and fonts. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In a checkout the templates are two rooms away; a bundle carries the same folder beside it. */
const folders = ['../../templates/', './templates/'];

/** The path of a file of the folder `templates`. Throws when it is not there. */
export const assetPath = (name: string): string => {
  const places = folders.map((folder) => fileURLToPath(new URL(`${folder}${name}`, import.meta.url)));
  const place = places.find((candidate) => existsSync(candidate));
  if (place === undefined) throw new Error(`${name} is not where it belongs: ${places.join(', ')}`);
  return place;
};
