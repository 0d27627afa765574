import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestByHand, sha256 } from "../sha256.ts";

test.each([0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 100_001])(
  "the hash of %i bytes is that of every other program",
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, place) => (place * 31 + size) % 256);

    const expected = createHash("sha256").update(bytes).digest("hex");

    expect(Buffer.from(digestByHand(bytes)).toString("hex")).toBe(expected);
    expect(await sha256(bytes)).toBe(expected);
  },
);
