/** The message as bytes: its parts, its pictures, and the same bytes every time. */
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { inlineImage } from '../../functions/render/mail-images.ts';
import { mimeMessage } from '../../functions/render/mime.ts';
import { mailMessage } from '../../functions/render/render-mail.ts';
import { makeMail } from '../contract/mailer.ts';
import { makeReport } from './fixture.ts';
import { everyPicture, picture } from './mail-pictures.ts';

const illustrated = () => makeMail(mailMessage(makeReport(), everyPicture()));
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('a mail with pictures', () => {
  test('is text, or else HTML together with its pictures', async () => {
    const types = [...textOf(await mimeMessage(illustrated())).matchAll(/^Content-Type: ([^;\r]*)/gm)];
    expect(types.map(([, type]) => type)).toEqual([
      'multipart/alternative',
      'text/plain',
      'multipart/related',
      'text/html',
      ...everyPicture().map(() => 'image/png'),
    ]);
  });

  test('has each picture as it was given, inline, under the name that the HTML shows', async () => {
    const mail = illustrated();
    const { attachments, html } = await PostalMime.parse(await mimeMessage(mail));
    expect(
      attachments.map(({ contentId, filename, mimeType, disposition, related }) => ({
        contentId,
        filename,
        mimeType,
        disposition,
        related,
      })),
    ).toEqual(
      everyPicture().map((image) => ({
        contentId: `<${inlineImage(image).contentId}>`,
        filename: `chart-${image.name}.png`,
        mimeType: 'image/png',
        disposition: 'inline',
        related: true,
      })),
    );
    for (const [place, { content }] of attachments.entries())
      expect(Buffer.from(content as ArrayBuffer).equals(everyPicture()[place]!.png)).toBe(true);
    const shown = [...(html ?? '').matchAll(/src="cid:([^"]*)"/g)].map(([, contentId]) => `<${contentId}>`);
    expect(shown.toSorted()).toEqual(attachments.map(({ contentId }) => contentId).toSorted());
  });

  test('is the same bytes every time, boundaries and all', async () => {
    const [one, other] = [await mimeMessage(illustrated()), await mimeMessage(illustrated())];
    expect(Buffer.from(one).equals(other)).toBe(true);
    const boundaries = new Set([...textOf(one).matchAll(/boundary="([^"]*)"/g)].map(([, boundary]) => boundary));
    expect(boundaries.size).toBe(2);
  });

  test('is another message for another recipient, with the same pictures', async () => {
    const other = await mimeMessage({ ...illustrated(), to: 'ceo@example.com', messageId: 'other@example.com' });
    const { attachments } = await PostalMime.parse(other);
    expect(attachments.map(({ contentId }) => contentId)).toEqual(
      everyPicture().map((image) => `<${inlineImage(image).contentId}>`),
    );
  });
});

test('another picture has another Content-ID, the same one the same', () => {
  const ids = [picture('bridge'), picture('bridge'), picture('bridge', { png: new Uint8Array([1]) }), picture('trend')];
  expect(new Set(ids.map((image) => inlineImage(image).contentId)).size).toBe(3);
});

describe('what would be a hole or a stray attachment is a bug, and no mail', () => {
  const [bridge] = illustrated().images ?? [];
  const html = '<img src="cid:a@example" alt="" />';
  const image = { contentId: 'a@example', fileName: 'a.png', png: new Uint8Array([1]) };

  test.each([
    ['a picture without its part', { html }],
    ['a part that is not shown', { images: [image] }],
    ['a part that is shown under another name', { html, images: [{ ...image, contentId: 'b@example' }] }],
    ['two parts of one name', { html, images: [image, image] }],
    [
      'a Content-ID that is a header',
      { html: html.replace('a@', 'a>\r\nX: '), images: [{ ...image, contentId: 'a>\r\nX: example' }] },
    ],
    ['a file name that is a header', { html, images: [{ ...image, fileName: 'a\r\nX: b.png' }] }],
    ['a file name that is a path', { html, images: [{ ...image, fileName: '../a.png' }] }],
  ])('%s', async (_name, changes) => {
    await expect(mimeMessage(makeMail(changes))).rejects.toThrow();
  });

  test('the same mail, with both, is one', async () => {
    expect(bridge?.fileName).toBe('chart-bridge.png');
    const { attachments } = await PostalMime.parse(await mimeMessage(makeMail({ html, images: [image] })));
    expect(attachments).toHaveLength(1);
  });
});
