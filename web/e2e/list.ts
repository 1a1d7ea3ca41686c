// A list of 10,000 proxies as somebody might have bought it, with lines that are none.

/** Lines that are no proxies, and what is said about each. */
const BAD: [line: (n: number) => string, why: string][] = [
  [(n) => `127.66.0.${n}:99999`, "the port is not a number from 1 to 65535"],
  [(n) => `ftp://127.66.0.${n}:2121`, "the protocol is none of http, https, socks4, socks4a, socks5, socks5h"],
  [(n) => `http://user:100%@127.66.0.${n}:80`, "the login has a % without two hexadecimal digits"],
];

interface Refused {
  line: number;
  text: string;
  why: string;
}

/** 10,000 lines of which 37 are no proxies. Nobody listens where the others are. */
export function list(): { text: string; bad: Refused[] } {
  const bad = Array.from({ length: 37 }, (_, n) => {
    const [line, why] = BAD[n % BAD.length] as (typeof BAD)[number];
    return { line: 100 + n * 267, text: line(n), why };
  });
  const refused = new Map(bad.map(({ line, text }) => [line, text]));
  const lines = Array.from({ length: 10_000 }, (_, at) => {
    return refused.get(at + 1) ?? `127.${70 + (at >> 12)}.${(at >> 4) & 255}.${1 + (at & 15)}:9`;
  });
  return { text: lines.join("\n"), bad };
}
