import { defineConfig } from "vite";

// The page is served under a strict policy: nothing inline, everything from its own files.
export default defineConfig({
  base: "./",
  build: {
    outDir: process.env.PARLEY_UI_DIST ?? "dist",
    emptyOutDir: true,
    target: "es2021",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
