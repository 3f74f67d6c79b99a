/** Lists that come page by page: what is not kept yet is asked for, and what is kept is read again. */
import { dependencyError } from '../../errors.ts';
import { nameOf } from './page-names.ts';
import type { KeptPages, Page } from './port.ts';
import { shown } from './shown.ts';

/** How a vendor's pages are read. */
export type ListForm = {
  /** The vendor, for people. */
  readonly title: string;
  /**
   * What a page holds, and the path of the one after it, by its own path and that of the first; null for the last page.
   * Throws a ReportError for what is no page of a list.
   */
  readonly read: (body: unknown) => {
    readonly objects: readonly unknown[];
    readonly next: ((at: string, first: string) => string) | null;
  };
};

/** Where a list stands, among the kept pages and at the vendor. */
export type Listed = { readonly name: string; readonly first: string; readonly form: ListForm };

/** A page with what it tells; null where it is kept already. */
export type Told = { readonly page: Page | null; readonly objects: readonly unknown[] };

/** The pages of a list, beginning with its first. `ask` answers a path. */
export async function* pagesOf(
  { name, first, form }: Listed,
  ask: (path: string) => Promise<unknown>,
  kept: KeptPages,
): AsyncGenerator<Told> {
  const asked = new Set<string>();
  let at = first;
  for (let number = 1; ; number++) {
    asked.add(at);
    const pageName = nameOf(name, number);
    const known = await kept.get(pageName);
    const body = known ?? (await ask(at));
    const { objects, next } = form.read(body);
    yield { page: known === null ? { name: pageName, body } : null, objects };
    if (next === null) return;
    at = next(at, first);
    if (asked.has(at))
      throw dependencyError(
        `${form.title.toUpperCase()}_PAGES`,
        `${form.title} told the same next page twice in ${shown(name)}`,
        'Run again; if it stays, report it.',
      );
  }
}

/** Those of them that are not kept yet. */
export async function* newPages(told: AsyncIterable<Told>): AsyncGenerator<Page> {
  for await (const { page } of told) if (page !== null) yield page;
}

/** Objects of a list that is kept, page by page, as far as it was asked for. */
export async function* keptObjects(
  name: string,
  { read }: ListForm,
  kept: KeptPages,
): AsyncGenerator<readonly unknown[]> {
  for (let number = 1; ; number++) {
    const body = await kept.get(nameOf(name, number));
    if (body === null) return;
    const { objects, next } = read(body);
    yield objects;
    if (next === null) return;
  }
}
