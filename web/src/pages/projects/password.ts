// A password for a project's clients, which no person has to remember.

const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** 24 letters and digits that cannot be mistaken for one another: about 138 bits. */
export function makePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(96));
  // What would favour the first letters is left out.
  const fair = Array.from(bytes).filter((byte) => byte < 256 - (256 % LETTERS.length));
  return fair
    .slice(0, 24)
    .map((byte) => LETTERS[byte % LETTERS.length])
    .join("");
}

/** A login made of a name: what may stand in a proxy's username. */
export function loginOf(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9_.~@-]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 64);
}
