/** A message as a mail program takes it apart: its texts, its pictures, and its HTML with the pictures in place. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';

export type Picture = { readonly contentId: string; readonly name: string; readonly png: Uint8Array };

export type Message = {
  readonly bytes: number;
  readonly html: string;
  readonly text: string;
  readonly pictures: readonly Picture[];
  /** What the HTML shows: `cid:` addresses and, where it should have none, any other. */
  readonly sources: readonly string[];
};

export const openMessage = async (path: string): Promise<Message> => {
  const bytes = await readFile(path);
  const { html = '', text = '', attachments } = await PostalMime.parse(bytes);
  const pictures = attachments.map(({ contentId = '', filename, mimeType, content }) => {
    if (mimeType !== 'image/png' || typeof content === 'string') throw new Error(`${filename} is not a PNG`);
    return { contentId: contentId.replace(/^<|>$/g, ''), name: filename ?? '', png: new Uint8Array(content) };
  });
  const sources = [...html.matchAll(/<img\s[^>]*?\bsrc="([^"]*)"/g)].map(([, source = '']) => source);
  return { bytes: bytes.byteLength, html, text, pictures, sources };
};

/** The HTML as a file, each picture beside it: what a mail program shows. */
export const unpack = async ({ html, pictures }: Message): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'message-'));
  let shown = html;
  for (const { contentId, name, png } of pictures) {
    await writeFile(join(folder, name), png);
    shown = shown.replaceAll(`cid:${contentId}`, name);
  }
  await writeFile(join(folder, 'message.html'), shown);
  return join(folder, 'message.html');
};
