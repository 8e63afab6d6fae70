/**
 * Compares a stretch of bytes with a known text eight bytes at a time.
 *
 * Reading eight bytes as one double and comparing doubles is the widest comparison that JavaScript offers without allocating. It is
 * exact here: two different bit patterns compare equal as doubles only as +0 and -0, and equal patterns differ only as NaN. Known texts
 * are printable, so they are neither; other bytes at worst fail to match and take the slower way.
 */
export class ByteWords {
  readonly length: number;
  private readonly words: Float64Array;
  /** The last eight bytes, overlapping the words before; unused below eight bytes. */
  private readonly last: number;
  private readonly bytes: Uint8Array;

  constructor(text: Uint8Array) {
    this.length = text.length;
    this.bytes = Uint8Array.from(text);
    const view = new DataView(this.bytes.buffer);
    this.words = new Float64Array(Math.floor(text.length / 8));
    for (let i = 0; i < this.words.length; i++) this.words[i] = view.getFloat64(i * 8, true);
    this.last = text.length >= 8 ? view.getFloat64(text.length - 8, true) : 0;
  }

  /** Is the known text at `at`? The caller guarantees that `at + length` lies inside the view. */
  at(view: DataView, at: number): boolean {
    const { words, length } = this;
    if (length < 8) return this.shortAt(view, at);
    // From the end: prefixes of log lines differ late (pid, time), so a mismatch shows sooner.
    if (view.getFloat64(at + length - 8, true) !== this.last) return false;
    for (let i = 0; i < words.length; i++) if (view.getFloat64(at + i * 8, true) !== words[i]) return false;
    return true;
  }

  private shortAt(view: DataView, at: number): boolean {
    for (let i = 0; i < this.length; i++) if (view.getUint8(at + i) !== this.bytes[i]) return false;
    return true;
  }
}
