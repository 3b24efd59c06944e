const HEADER_BYTES = 6;
const ENTRY_BYTES = 16;

/** A Windows icon that holds PNG images, which Windows reads since Vista ([MS] ICONDIR, ICONDIRENTRY). */
export function icoOf(images: readonly { readonly sizePx: number; readonly png: Buffer }[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(images.length, 4);
  let offset = HEADER_BYTES + ENTRY_BYTES * images.length;
  const entries = images.map(({ sizePx, png }) => {
    const entry = Buffer.alloc(ENTRY_BYTES);
    // 0 stands for 256.
    entry.writeUInt8(sizePx % 256, 0);
    entry.writeUInt8(sizePx % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(png.length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += png.length;
    return entry;
  });
  return Buffer.concat([header, ...entries, ...images.map(({ png }) => png)]);
}
