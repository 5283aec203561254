/** *Browser*: a headless Chromium, and tabs whose frames, tasks and memory can be looked at. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { type Browser, type BrowserContext, type CDPSession, type Page, chromium } from "playwright-core";

export async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_BIN;
  if (!executablePath) throw new Error("Set CHROMIUM_BIN to the program: CHROMIUM_BIN=$(which chromium)");
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

export function machine(browser: Browser): string {
  const all = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const parts = [`${all[0]!.model.trim()}, ${all.length} cores, ${gib} GiB`, `Chromium ${browser.version()}, headless`];
  return [...parts, `Node ${process.versions.node}`, `load ${loadavg()[0]!.toFixed(1)} before it began`].join("; ");
}

export interface Frames {
  /** Milliseconds from one frame to the next. */
  times: number[];
  /** Tasks of more than 50 ms, as the browser counts them. */
  longTasks: number;
}

interface Recorder {
  times: number[];
  longTasks: number;
  isOver: boolean;
}

export class Tab {
  private constructor(
    readonly page: Page,
    readonly cdp: CDPSession,
  ) {}

  static async open(context: BrowserContext, address = "about:blank"): Promise<Tab> {
    const page = await context.newPage();
    const tab = new Tab(page, await context.newCDPSession(page));
    // Durations are the processor's time, not the clock's: other programs on the machine do not count.
    await tab.cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(address);
    return tab;
  }

  /**
   * Notes each frame from now on. A headless Chromium has no display: its compositor ticks 60 times a second by a timer,
   * and what a callback is told as the frame's time is that tick. So times are multiples of 16.7 ms, and one of more than
   * 20 ms says that at least one tick came while the page's thread, or the processor, was still busy with the last frame.
   * What the compositor does with a frame afterwards is not in it.
   */
  async record(): Promise<void> {
    await this.page.evaluate(() => {
      const recorder: Recorder = { times: [], longTasks: 0, isOver: false };
      (window as unknown as { recorder: Recorder }).recorder = recorder;
      new PerformanceObserver((seen) => (recorder.longTasks += seen.getEntries().length)).observe({ type: "longtask" });
      let last = 0;
      const frame = (now: number) => {
        if (last) recorder.times.push(now - last);
        last = now;
        if (!recorder.isOver) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
  }

  recorded(): Promise<Frames> {
    return this.page.evaluate(() => {
      const { recorder } = window as unknown as { recorder: Recorder };
      recorder.isOver = true;
      return recorder;
    });
  }

  /** MB of objects that are still reachable. */
  async heapMb(): Promise<number> {
    await this.cdp.send("HeapProfiler.collectGarbage");
    return (await this.metric("JSHeapUsedSize")) / 1e6;
  }

  async metric(wanted: string): Promise<number> {
    const { metrics } = await this.cdp.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === wanted)!.value;
  }
}

export const newContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1280, height: 860 } });

/** MB that the busiest page's process has for itself alone; told by Linux. */
export async function processMb(browser: Browser): Promise<number> {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  await cdp.detach();
  const pages = processInfo.filter(({ type }) => type === "renderer").sort((a, b) => b.cpuTime - a.cpuTime);
  const rollup = readFileSync(`/proc/${pages[0]!.id}/smaps_rollup`, "utf8");
  const kb = [...rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  return kb / 1000;
}
