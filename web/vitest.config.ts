import { defineConfig } from "vitest/config";

const project = (name: string, seconds: number) => ({
  resolve: { conditions: ["quire-source"] },
  ssr: { resolve: { conditions: ["quire-source"] } },
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: seconds * 1000,
    hookTimeout: 60_000,
    // Servers and browsers share few processors: one file after the other, but for what needs neither.
    fileParallelism: name === "unit",
    pool: "forks" as const,
  },
});

export default defineConfig({ test: { projects: [project("unit", 30), project("browser", 300), project("shots", 300)] } });
