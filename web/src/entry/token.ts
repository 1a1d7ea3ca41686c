// The one-time token of a link: behind the #, so that it reaches no log.

// A component may be made twice: the second time the address has it no more.
let kept: string | null = null;

/** Takes it out of the address, where a screen or a history would show it. */
export function linkToken(): string | null {
  const token = window.location.hash.slice(1);
  if (token === "") return kept;
  kept = token;
  window.history.replaceState(window.history.state, "", window.location.pathname);
  return token;
}
