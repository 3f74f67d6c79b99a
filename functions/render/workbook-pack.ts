/** Text compressed as it is made: a part of the workbook of any size takes little memory, and a second core helps. */
import { once } from 'node:events';
import { createDeflateRaw } from 'node:zlib';
import { checksum, type Packed } from './workbook-zip.ts';

/** The quickest: sheets of 100,000 rows are mostly repetition, which any level finds. */
const level = 1;

export type ByteWriter = {
  /** Writes XML as it stands. */
  readonly write: (xml: string) => void;
  /** Writes text of anybody's as the content of an element; what is not plain ASCII goes through `clean` first. */
  readonly writeText: (text: string, clean: (text: string) => string) => void;
  /** Bytes written and not yet taken. */
  readonly length: () => number;
  /** What was written since the last time: to be used up before what comes next is taken. */
  readonly take: () => Uint8Array;
};

const roomBytes = 1_200_000;
const longestPlain = 10_000;
const [space, ampersand, less, greater, underscore, smallX, tilde] = [0x20, 0x26, 0x3c, 0x3e, 0x5f, 0x78, 0x7e];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Text as UTF-8, gathered in one of two buffers by turns: millions of small strings put together, or a new buffer for each
 * piece, would take more time and memory than all else.
 */
export const byteWriter = (): ByteWriter => {
  let [bytes, resting] = [Buffer.allocUnsafe(roomBytes), Buffer.allocUnsafe(roomBytes)];
  let at = 0;
  const reserve = (room: number): void => {
    if (at + room <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, at + room));
    bytes.copy(larger, 0, 0, at);
    bytes = larger;
  };
  // The position is a local variable in the loops: that alone makes them twice as quick.
  const write = (xml: string): void => {
    const { length } = xml;
    reserve(length * 3);
    const target = bytes;
    const start = at;
    for (let index = 0; index < length; index += 1) {
      const code = xml.charCodeAt(index);
      if (code > tilde) {
        at = start + target.write(xml, start);
        return;
      }
      target[start + index] = code;
    }
    at = start + length;
  };
  /** False, and nothing written, where the text is not plain. */
  const writePlain = (text: string): boolean => {
    const { length } = text;
    reserve(length);
    const target = bytes;
    const start = at;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < space || code > tilde) return false;
      if (code === underscore && text.charCodeAt(index + 1) === smallX) return false;
      if (code === ampersand || code === less || code === greater) return false;
      target[start + index] = code;
    }
    if (target[start] === space || target[start + length - 1] === space) return false;
    at = start + length;
    return true;
  };
  return {
    write,
    writeText(text, clean) {
      if (text.length > longestPlain || !writePlain(text)) write(escaped(clean(text)));
    },
    length: () => at,
    take() {
      const taken = bytes.subarray(0, at);
      [bytes, resting] = [resting, bytes];
      at = 0;
      return taken;
    },
  };
};

/** Compresses the pieces, in order, into one file of the archive: each while the next is being made. */
export const pack = async (name: string, pieces: Iterable<Uint8Array>): Promise<Packed> => {
  const deflate = createDeflateRaw({ level, memLevel: 9, chunkSize: 256 * 1024 });
  const chunks: Uint8Array[] = [];
  let [crc, bytes, packedBytes] = [0, 0, 0];
  deflate.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    packedBytes += chunk.length;
  });
  const ended = once(deflate, 'end');
  const written = (piece: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      deflate.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  let before: Promise<void> = Promise.resolve();
  for (const piece of pieces) {
    crc = checksum(piece, crc);
    bytes += piece.length;
    await before;
    before = written(piece);
  }
  await before;
  deflate.end();
  await ended;
  return { name, chunks, crc, packedBytes, bytes };
};
