// UUIDv7: begins with the time, so that ids sort by when they were made; those of one moment are counted.

const COUNTS = 0x1000; // 12 bits

let last = 0;
let count = 0;

export function uuid7(now: number = Date.now()): string {
  const bytes = randomBytes();
  const random = ((bytes[6]! & 0x07) << 8) | bytes[7]!; // the lower half: there is room to count on
  if (now > last) {
    last = now;
    count = random;
  } else if (++count === COUNTS) {
    last += 1;
    count = random;
  }
  let rest = last;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (count >> 8);
  bytes[7] = count & 0xff;
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// Node 18 has no global crypto. An id has to be one of a kind, and is no secret.
function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) return crypto.getRandomValues(bytes);
  return bytes.map(() => Math.random() * 256);
}
