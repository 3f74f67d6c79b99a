/** Text compressed as it is made: a part of the workbook of any size takes little memory, and a second core helps. */
import { once } from 'node:events';
import { createDeflateRaw } from 'node:zlib';
import { checksum, type Packed } from './workbook-zip.ts';

/** The quickest: sheets of 100,000 rows are mostly repetition, which any level finds. */
const level = 1;

export type ByteWriter = {
  readonly write: (text: string) => void;
  /** Bytes written and not yet taken. */
  readonly length: () => number;
  /** What was written since the last time. */
  readonly take: () => Uint8Array;
};

const roomBytes = 1_100_000;

/** Text as UTF-8, gathered in one buffer: millions of small strings put together would take more time than all else. */
export const byteWriter = (): ByteWriter => {
  let bytes = Buffer.allocUnsafe(roomBytes);
  let at = 0;
  const reserve = (room: number): void => {
    if (at + room <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, at + room));
    bytes.copy(larger, 0, 0, at);
    bytes = larger;
  };
  return {
    write(text) {
      reserve(text.length * 3);
      const start = at;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        if (code > 127) {
          at = start + bytes.write(text, start);
          return;
        }
        bytes[at] = code;
        at += 1;
      }
    },
    length: () => at,
    take() {
      const taken = bytes.subarray(0, at);
      bytes = Buffer.allocUnsafe(roomBytes);
      at = 0;
      return taken;
    },
  };
};

/** Compresses the pieces, in order, into one file of the archive. */
export const pack = async (name: string, pieces: Iterable<Uint8Array>): Promise<Packed> => {
  const deflate = createDeflateRaw({ level, memLevel: 9 });
  const chunks: Uint8Array[] = [];
  let [crc, bytes, packedBytes] = [0, 0, 0];
  deflate.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    packedBytes += chunk.length;
  });
  const ended = once(deflate, 'end');
  for (const piece of pieces) {
    crc = checksum(piece, crc);
    bytes += piece.length;
    if (!deflate.write(piece)) await once(deflate, 'drain');
  }
  deflate.end();
  await ended;
  return { name, chunks, crc, packedBytes, bytes };
};
