/** The compiled templates, read once and filled strictly: a value that the view does not have is an error, never a blank. */
import { existsSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { MailView, PageView } from './views.ts';

/** In a checkout the templates are two rooms away; a bundle carries the same folder beside it. */
const folders = ['../../templates/compiled/', './templates/compiled/'];

const sourceOf = (name: string): string => {
  const places = folders.map((folder) => new URL(`${folder}${name}`, import.meta.url));
  const place = places.find((candidate) => existsSync(candidate));
  if (place === undefined) throw new Error(`the template ${name} is not where it belongs: ${places.join(', ')}`);
  return readFileSync(place, 'utf8');
};

/** Compiled on first use, so that importing this module costs nothing. Every value is HTML-escaped by Handlebars itself. */
const strictTemplate = <View>(name: string): ((view: View) => string) => {
  let fill: Handlebars.TemplateDelegate<View> | null = null;
  return (view) => {
    fill ??= Handlebars.compile<View>(sourceOf(name), { strict: true, knownHelpersOnly: true });
    return fill(view);
  };
};

export const fillMail = strictTemplate<MailView>('board-report.hbs');
export const fillPage = strictTemplate<PageView>('report-page.hbs');
