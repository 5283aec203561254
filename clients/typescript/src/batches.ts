import { Client } from "./client.js";
import type { Ask } from "./http.js";
import type { FilesToUpload, UploadOptions, UploadState } from "./upload.js";
import type { Batch, Outcome, RouteName, SubmitBatch } from "./types.js";

/** *Batches*: what can be done with them. What the server answers is in the store at once. */
export class BatchClient extends Client {
  submit(body: SubmitBatch): Promise<Batch> {
    return this.#learn("POST /api/v1/batches", { body });
  }

  batch(id: string) {
    const ask = (route: RouteName, more?: Ask) => this.#learn(route, { path: { id }, ...more });
    return {
      id,
      read: () => ask("GET /api/v1/batches/{id}"),
      pause: (mode?: "drain" | "interrupt") => ask("PUT /api/v1/batches/{id}/pause", { query: { mode } }),
      resume: () => ask("PUT /api/v1/batches/{id}/resume"),
      seal: () => ask("PUT /api/v1/batches/{id}/seal"),
      cancel: () => ask("DELETE /api/v1/batches/{id}"),
      retry: (body: { cancelled?: boolean } = {}) => ask("POST /api/v1/batches/{id}/retry", { body }),
      /** Resolves when the batch has ended. */
      done: () => this.#done(id),
    };
  }

  /** Sends files and tells how far it is. Pages that never do so do not load it. */
  async *upload(files: FilesToUpload, options?: UploadOptions): AsyncGenerator<UploadState, void, void> {
    const { upload } = await import("./upload.js");
    yield* upload(this, files, options);
  }

  /** Whoever worked here has gone: the clients of all tabs end. */
  logout(): void {
    this.source.bye?.();
    this.end();
  }

  async #learn(route: RouteName, ask: Ask): Promise<Batch> {
    const resource = (await this.http.call(route, ask as never)) as Batch;
    this.store.read(resource);
    this.store.flush();
    return resource;
  }

  async #done(id: string): Promise<Outcome> {
    await this.batch(id).read();
    return new Promise((done, fail) => {
      const look = () => {
        const outcome = this.store.batches.get(id)?.outcome;
        const { error } = this.connection;
        if (outcome) done(outcome);
        else if (error) fail(error);
        else return;
        leave();
      };
      const leave = this.subscribe([`batch/${id}`], look);
      look();
    });
  }
}

export type BatchHandle = ReturnType<BatchClient["batch"]>;
