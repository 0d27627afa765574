/** SHA-256 of bytes: the browser's own where it has it, else ours, since a page by plain http in an office has none. */

const ROUNDS = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fraction of a root. */
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

for (let candidate = 2, count = 0; count < 64; candidate += 1) {
  let divisor = 2;
  while (candidate % divisor !== 0) {
    divisor += 1;
  }
  if (divisor === candidate) {
    if (count < 8) {
      START[count] = fraction(Math.sqrt(candidate));
    }
    ROUNDS[count] = fraction(Math.cbrt(candidate));
    count += 1;
  }
}

function turned(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function padded(bytes: Uint8Array): DataView {
  const length = bytes.byteLength;
  const whole = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  whole.set(bytes);
  whole[length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.byteLength - 8, Math.floor(length / 2 ** 29));
  view.setUint32(whole.byteLength - 4, (length * 8) % 2 ** 32);
  return view;
}

/** The same by hand (FIPS 180-4). */
export function digestByHand(bytes: Uint8Array): Uint8Array {
  const view = padded(bytes);
  const state = Uint32Array.from(START);
  const words = new Uint32Array(64);
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let t = 0; t < 16; t += 1) {
      words[t] = view.getUint32(block + t * 4);
    }
    for (let t = 16; t < 64; t += 1) {
      const early = words[t - 15] as number;
      const late = words[t - 2] as number;
      const small = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
      const large = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
      words[t] = (words[t - 16] as number) + small + (words[t - 7] as number) + large;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let t = 0; t < 64; t += 1) {
      const choice = (e & f) ^ (~e & g);
      const first =
        (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + (ROUNDS[t] as number) + (words[t] as number)) |
        0;
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    for (const [place, value] of [a, b, c, d, e, f, g, h].entries()) {
      state[place] = (state[place] as number) + value;
    }
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((value, place) => {
    digest.setUint32(place * 4, value);
  });
  return new Uint8Array(digest.buffer);
}

/** In hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  const digest = subtle === undefined ? digestByHand(bytes) : new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
