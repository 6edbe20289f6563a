/// <reference types="vitest/config" />
/** How the page is built: hashed assets into the server's package, and no inline script. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.WANLLMDB_DEV_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../server/src/wanllmdb_server/page",
    emptyOutDir: true,
    target: "es2022",
    assetsDir: "assets",
    rolldownOptions: {
      output: {
        // What only a frame loads lies beside the documents of the frames (fronts/web.py).
        assetFileNames: ({ names }) =>
          names.some((name) => name.startsWith("plotly"))
            ? "assets/frame/[name]-[hash][extname]"
            : "assets/[name]-[hash][extname]",
      },
    },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: server, ws: true } } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    pool: "threads",
    maxWorkers: 2,
  },
});
