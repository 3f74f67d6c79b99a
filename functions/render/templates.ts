/** The compiled templates, read once and filled strictly: a value that the view does not have is an error, never a blank. */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { assetPath } from './assets.ts';
import type { PageView } from './page-view.ts';
import type { MailView } from './views.ts';

/** Compiled on first use, so that importing this module costs nothing. Every value is HTML-escaped by Handlebars itself. */
const strictTemplate = <View>(name: string): ((view: View) => string) => {
  let fill: Handlebars.TemplateDelegate<View> | null = null;
  return (view) => {
    fill ??= Handlebars.compile<View>(readFileSync(assetPath(`compiled/${name}`), 'utf8'), {
      strict: true,
      knownHelpersOnly: true,
    });
    return fill(view);
  };
};

export const fillMail = strictTemplate<MailView>('board-report.hbs');
export const fillPage = strictTemplate<PageView>('report-page.hbs');
