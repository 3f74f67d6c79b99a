/** The zip that a workbook is: reads the one the library made, and writes one whose bytes depend on its contents alone. */
import { crc32, inflateRawSync } from 'node:zlib';

/** A file as it stands in the archive: compressed by DEFLATE. */
export type Packed = {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
};

const centralHeader = 0x02014b50;
const endRecord = 0x06054b50;
const endBytes = 22;

/** Files of an archive by name, in its order. For archives without comment, encryption or zip64: those of the library. */
export const unzip = (archive: Uint8Array): Map<string, Buffer> => {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = bytes.length - endBytes;
  if (end < 0 || bytes.readUInt32LE(end) !== endRecord) throw new RangeError('not a zip archive of the form expected');
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) !== centralHeader) throw new RangeError('the directory of a zip archive is damaged');
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const skipped = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + packed);
    files.set(name, method === 0 ? content : inflateRawSync(content));
    at += 46 + nameBytes + skipped;
  }
  return files;
};

export const checksum = (bytes: Uint8Array, before = 0): number => crc32(bytes, before);

/** 1 January 1980, midnight: the first moment that the format knows. */
const firstDay = 0x0021;
const deflated = 8;
const utf8Names = 0x0800;
const version = 20;

/** What local and central headers share, from the version on. */
const description = ({ name, crc, packedBytes, bytes }: Packed): Buffer => {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(version, 0);
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(deflated, 4);
  fields.writeUInt16LE(firstDay, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(packedBytes, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
};

const tagged = (signature: number, ...parts: readonly Uint8Array[]): Buffer => {
  const tag = Buffer.alloc(4);
  tag.writeUInt32LE(signature);
  return Buffer.concat([tag, ...parts]);
};

/** An archive of at most 4 GB, in the order given: the same files give the same bytes at any time of day. */
export const zip = (files: readonly Packed[]): Uint8Array => {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const file of files) {
    const shared = description(file);
    const name = Buffer.from(file.name);
    const offset = Buffer.alloc(14);
    offset.writeUInt32LE(at, 10);
    const writtenBy = Buffer.alloc(2);
    writtenBy.writeUInt16LE(version);
    directory.push(tagged(centralHeader, writtenBy, shared, offset, name));
    const local = tagged(0x04034b50, shared, name);
    parts.push(local, ...file.chunks);
    at += local.length + file.packedBytes;
  }
  const directoryBytes = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = Buffer.alloc(endBytes - 4);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directoryBytes, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, tagged(endRecord, end)]);
};
