/** Text compressed as it is made: a part of the workbook of any size takes little memory, and a second core helps. */
import { once } from 'node:events';
import { createDeflateRaw } from 'node:zlib';
import { checksum, type Packed } from './workbook-zip.ts';

/** The quickest: sheets of 100,000 rows are mostly repetition, which any level finds. */
const level = 1;

/** Compresses the pieces, in order, into one file of the archive. */
export const pack = async (name: string, pieces: Iterable<string>): Promise<Packed> => {
  const deflate = createDeflateRaw({ level, memLevel: 9 });
  const chunks: Uint8Array[] = [];
  let [crc, bytes, packedBytes] = [0, 0, 0];
  deflate.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    packedBytes += chunk.length;
  });
  const ended = once(deflate, 'end');
  for (const piece of pieces) {
    const encoded = Buffer.from(piece);
    crc = checksum(encoded, crc);
    bytes += encoded.length;
    if (!deflate.write(encoded)) await once(deflate, 'drain');
  }
  deflate.end();
  await ended;
  return { name, chunks, crc, packedBytes, bytes };
};
