// How the console is built, served while it is written, and tested.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the console with the API of a node that runs beside it.
const node = {
  target: process.env.OCTOPROX_API ?? "http://localhost:8000",
  // What is changed must come from a page of the host that it is sent to.
  changeOrigin: false,
};

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": node, "/health": node } },
  build: {
    target: "es2022",
    // The gate of the API lets no `data:` in but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
