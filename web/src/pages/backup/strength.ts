// How hard a passphrase is to guess, roughly: the file may fall into hands that have time to try.
import type { Tone } from "~/parts/StateLabel";

export interface Strength {
  word: string;
  tone: Tone;
  hint: string;
}

export const SHORTEST = 8;

const SETS = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/];

/** Bits that somebody has to guess who knows which kinds of characters it has. */
function bits(text: string): number {
  const sizes = [26, 26, 10, 33];
  const alphabet = SETS.reduce((sum, set, at) => sum + (set.test(text) ? (sizes[at] ?? 0) : 0), 0);
  // What is repeated adds little.
  const length = Math.min(text.length, new Set(text).size * 2);
  return alphabet === 0 ? 0 : length * Math.log2(alphabet);
}

export function strengthOf(passphrase: string): Strength | null {
  if (passphrase === "") return null;
  if ([...passphrase].length < SHORTEST) {
    return { word: "too short", tone: "bad", hint: `It must have ${SHORTEST} characters or more.` };
  }
  const value = bits(passphrase);
  if (value < 60) return { word: "weak", tone: "warn", hint: "Make it longer: four words or more." };
  if (value < 90) return { word: "fair", tone: "warn", hint: "A word or two more make it strong." };
  return { word: "strong", tone: "good", hint: "Keep it where the file is not." };
}
