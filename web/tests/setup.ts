// What browsers have and the tests' document does not, as far as components ask for it.
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);
// Machines that have other things to do need longer than the second that is usual.
configure({ asyncUtilTimeout: 10_000 });

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= NoObserver as unknown as typeof ResizeObserver;

// Text fields that grow measure themselves again when a font has come.
if (globalThis.document !== undefined && document.fonts === undefined) {
  Object.defineProperty(document, "fonts", { value: new EventTarget() });
}

// Nothing is laid out, so that lists which draw what is in sight would draw nothing.
if (globalThis.document !== undefined) {
  const place = Object.getPrototypeOf(document.createElement("div"));
  Object.defineProperty(place, "clientHeight", { get: () => 700 });
  Object.defineProperty(place, "clientWidth", { get: () => 1000 });
}
