// What a browser has written to disk, and whether something can be found in it.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Undoes Snappy, as LevelDB packs its blocks. `undefined` where it is not Snappy. */
const unpack = (packed: Buffer): Buffer | undefined => {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = packed[at++];
    if (byte === undefined || shift > 28) return undefined;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > 64 * 1024 * 1024) return undefined;
  const out = Buffer.alloc(length);
  let written = 0;
  while (at < packed.length) {
    const tag = packed[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const bytes = size - 59;
        if (at + bytes > packed.length) return undefined;
        size = packed.readUIntLE(at, bytes);
        at += bytes;
      }
      size += 1;
      if (at + size > packed.length || written + size > length) return undefined;
      packed.copy(out, written, at, at + size);
      at += size;
      written += size;
      continue;
    }
    const wide = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    if (at + wide > packed.length) return undefined;
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? ((tag >> 5) << 8) | (packed[at] ?? 0) : packed.readUIntLE(at, wide);
    at += wide;
    if (back === 0 || back > written || written + size > length) return undefined;
    for (let end = written + size; written < end; written += 1) out[written] = out[written - back] ?? 0;
  }
  return written === length ? out : undefined;
};

/** A number of LevelDB, and where the next begins. */
const varint = (bytes: Buffer, at: number): [number, number] => {
  let value = 0;
  for (let shift = 0; shift < 56; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return [value, at];
};

/** A block of a table: what it is, unpacked. */
const block = (table: Buffer, offset: number, size: number): Buffer | undefined => {
  const bytes = table.subarray(offset, offset + size);
  return table[offset + size] === 1 ? unpack(bytes) : bytes;
};

/** The keys and values of a block. Keys share their beginning with the one before. */
const entries = (bytes: Buffer): { key: Buffer; value: Buffer }[] => {
  const restarts = bytes.length >= 4 ? bytes.readUInt32LE(bytes.length - 4) : 0;
  const end = bytes.length - 4 - restarts * 4;
  const found: { key: Buffer; value: Buffer }[] = [];
  let key: Buffer = Buffer.alloc(0);
  for (let at = 0; at < end;) {
    let shared: number, own: number, size: number;
    [shared, at] = varint(bytes, at);
    [own, at] = varint(bytes, at);
    [size, at] = varint(bytes, at);
    key = Buffer.concat([key.subarray(0, shared), bytes.subarray(at, at + own)]);
    at += own;
    found.push({ key, value: bytes.subarray(at, at + size) });
    at += size;
  }
  return found;
};

/** A table of LevelDB (`.ldb`), with its keys and values as they were put in. */
const readTable = (table: Buffer): Buffer[] => {
  if (table.length < 48) return [];
  const footer = table.subarray(table.length - 48);
  let at = 0;
  let offset: number, size: number;
  [, at] = varint(footer, at);
  [, at] = varint(footer, at);
  [offset, at] = varint(footer, at);
  [size, at] = varint(footer, at);
  const index = block(table, offset, size);
  return entries(index ?? Buffer.alloc(0)).flatMap(({ value }) => {
    const [offset, next] = varint(value, 0);
    const [size] = varint(value, next);
    const data = block(table, offset, size);
    return data ? entries(data).flatMap(({ key, value }) => [key, value]) : [];
  });
};

/** A file of the profile. */
export type Kept = { path: string; pieces: Buffer[] };

/** Every file under a folder, as it lies there, and what is packed in it. */
export const readProfile = async (folder: string): Promise<Kept[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    found
      .filter((file) => file.isFile())
      .map(async (file) => {
        const path = join(file.parentPath, file.name);
        const bytes = await readFile(path);
        return {
          path: path.slice(folder.length + 1),
          pieces: [bytes, ...(/\.(ldb|sst)$/.test(path) ? readTable(bytes) : [])],
        };
      }),
  );
};

/** One character for each byte, and no difference of case. */
const plain = (bytes: Buffer): string => bytes.toString("latin1").toLowerCase();

/** Which of these texts are in which files, as UTF-8 or as UTF-16. */
export const search = (files: Kept[], texts: string[]): { text: string; path: string }[] => {
  const wanted = texts.flatMap((text) => [
    { text, bytes: plain(Buffer.from(text, "utf8")) },
    { text, bytes: plain(Buffer.from(text, "utf16le")) },
  ]);
  return files.flatMap(({ path, pieces }) =>
    pieces.flatMap((piece) => {
      const bytes = plain(piece);
      return wanted.filter((one) => bytes.includes(one.bytes)).map(({ text }) => ({ text, path }));
    }),
  );
};
