/** Builds the chart engine's bench page alone, as it would be shipped. */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { target: "es2022", rollupOptions: { input: `${import.meta.dirname}/chart.html` } },
  worker: { format: "es" },
});
