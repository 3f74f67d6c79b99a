/** A board pack that cannot be made says so as an error of the report, and leaves nothing broken for the next one. */
import { expect, it, vi } from 'vitest';
import { boardPackPdf } from '../../functions/render/board-pack.ts';
import { makeReport } from './fixture.ts';

const compiler = vi.hoisted(() => ({ isBroken: true }));

vi.mock('@myriaddreamin/typst-ts-node-compiler', async (original) => {
  const whole = await original<typeof import('@myriaddreamin/typst-ts-node-compiler')>();
  const create: typeof whole.NodeCompiler.create = (options) => {
    if (compiler.isBroken) throw new Error('no machine code for this machine');
    return whole.NodeCompiler.create(options);
  };
  return { ...whole, NodeCompiler: { create } };
});

it('names what failed and why, and tries again the next time', async () => {
  await expect(boardPackPdf(makeReport())).rejects.toMatchObject({
    code: 'PDF_FAILED',
    cause: { message: 'no machine code for this machine' },
  });
  compiler.isBroken = false;
  expect(Buffer.from(await boardPackPdf(makeReport())).toString('latin1', 0, 5)).toBe('%PDF-');
});
