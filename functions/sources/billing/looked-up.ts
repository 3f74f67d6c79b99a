/** Single objects that no list tells: asked for once, and kept also where there is none. */
import type { KeptPages, Page } from './port.ts';

const missing = { missing: true };

/** The page of an object that is not kept yet. `ask` gives null where the vendor no longer has it. */
export async function* lookupPage(name: string, ask: () => Promise<unknown>, kept: KeptPages): AsyncGenerator<Page> {
  if ((await kept.get(name)) === null) yield { name, body: (await ask()) ?? missing };
}

/** The object that was found; null where the vendor no longer has it, or it was not looked up. */
export const lookedUp = async (name: string, kept: KeptPages): Promise<unknown> => {
  const body = await kept.get(name);
  return typeof body === 'object' && body !== null && 'missing' in body ? null : body;
};
