/** Recognises what is no text: by the magic bytes at the start, as they look after decoding as UTF-8 (bad bytes become U+FFFD) or Latin-1. */
import type { Kind } from "./kinds.js";

interface Magic {
  kind: Kind;
  starts: readonly string[];
}

const MAGIC: readonly Magic[] = [
  { kind: "gzip", starts: ["\x1f\x8b", "\x1f\ufffd"] },
  { kind: "zip", starts: ["PK\x03\x04", "PK\x05\x06"] },
  { kind: "xz", starts: ["\xfd7zXZ", "\ufffd7zXZ"] },
  { kind: "bzip2", starts: ["BZh9", "BZh1", "BZh6"] },
  { kind: "zstd", starts: ["(\xb5/\xfd", "(\ufffd/\ufffd"] },
  { kind: "elf", starts: ["\x7fELF"] },
  { kind: "pdf", starts: ["%PDF-"] },
  { kind: "image", starts: ["\x89PNG", "\ufffdPNG", "GIF8", "\xff\xd8\xff", "\ufffd\ufffd\ufffd", "RIFF"] },
  { kind: "sqlite", starts: ["SQLite format 3"] },
  { kind: "utf16", starts: ["\xff\xfe", "\xfe\xff", "\ufffd\ufffd"] },
];

/** A tar archive names itself behind the first file's header fields (POSIX ustar). */
const TAR_MAGIC_AT = 257;
/** Text has tabs, line ends and escapes; more than one strange character in ten is no text. */
const STRANGE_SHARE = 0.1;

/** The kind of a text that is none; `null` for text. NUL bytes alone are text: /proc/PID/cmdline has them. */
export function binaryKind(head: string): Kind | null {
  for (const { kind, starts } of MAGIC) if (starts.some((start) => head.startsWith(start))) return kind;
  if (head.startsWith("ustar", TAR_MAGIC_AT)) return "tar";
  let strange = 0;
  let oddNuls = 0;
  for (let i = 0; i < head.length; i++) {
    const code = head.charCodeAt(i);
    if (code === 0) {
      if (i % 2 === 1) oddNuls++;
    } else if (code === 0xfffd || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d && code !== 0x1b)) strange++;
  }
  // Latin letters as UTF-16 without a byte order mark: each second byte is zero.
  if (oddNuls > 1 && oddNuls >= Math.floor(head.length / 2) - 1) return "utf16";
  return strange > head.length * STRANGE_SHARE ? "binary" : null;
}
