// Texts as base64, for headers and documents that hold nothing else.

/** Base64 of the text's UTF-8. */
export function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
