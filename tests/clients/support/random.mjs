/// Numbers and texts that follow from a seed (mulberry32).
export class Random {
  constructor(seed) {
    this.state = seed;
  }

  /// From 0 to less than 1.
  fraction() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit) {
    return Math.floor(this.fraction() * limit);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /// Anything that text may be: words, signs that JSON and SQL escape, what takes one to four bytes, and what
  /// belongs together though it is several characters.
  text(longest) {
    const kParts = [
      "word ", "Xin chào ", "\n", "\t", '"', "\\", "'", "\u0000", "\u001b", "\u007f", "\u2028", "%", "`",
      "</script>", "e\u0301", "日本語", "שלום", "👩‍👩‍👧", "🇻🇳", "\u{10ffff}", "\ufeff",
      "data: [DONE]\n\n", "\r\n", "x".repeat(300),
    ];
    return Array.from({ length: this.below(longest + 1) }, () => this.pick(kParts)).join("");
  }

  /// The text in up to `most` pieces, none of them empty; a character is never cut.
  pieces(text, most) {
    const characters = Array.from(text);
    const pieces = [];
    while (characters.length > 0) {
      const left = most - pieces.length;
      const count = left <= 1 ? characters.length : 1 + this.below((2 * characters.length) / left);
      pieces.push(characters.splice(0, count).join(""));
    }
    return pieces;
  }
}
