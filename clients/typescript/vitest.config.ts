import { defineConfig } from "vitest/config";

const project = (name: string, seconds: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts?(x)`],
    testTimeout: seconds * 1000,
    hookTimeout: 60_000,
    // Servers and browsers share few processors: one file after the other, but for what needs neither.
    fileParallelism: name === "unit",
    // A process can always be ended, a thread with sockets of its own may not.
    pool: "forks" as const,
  },
});

export default defineConfig({
  test: { projects: [project("unit", 60), project("server", 300), project("browser", 600)] },
});
