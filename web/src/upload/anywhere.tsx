/** *Anywhere*: files may be dropped on any page; and whatever page it is, one sees how far the upload is. */
import { useEffect, useState } from "preact/hooks";
import { count, percent } from "../format.js";
import { go, matched } from "../router.js";
import { batchAddress } from "../routes.js";
import { Icon } from "../ui/icon.js";
import { dropped } from "./gather.js";
import { gathering, isBusy, job, take } from "./job.js";

const hasFiles = (event: DragEvent): boolean => !!event.dataTransfer?.types.includes("Files");

export function DropAnywhere() {
  const [isOver, over] = useState(false);
  useEffect(() => {
    let leaving: ReturnType<typeof setTimeout>;
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = isBusy() ? "none" : "copy";
      over(true);
      // Leaving is told of every element one passes: who is told nothing for a while has left.
      clearTimeout(leaving);
      leaving = setTimeout(() => over(false), 200);
    };
    const fall = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      clearTimeout(leaving);
      over(false);
      if (isBusy()) return;
      void take(dropped(event.dataTransfer!, (n) => void (gathering.value = n)));
      go("/new");
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("drop", fall);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("drop", fall);
    };
  }, []);
  const now = job.value;
  const isElsewhere = matched.value.page !== "new";
  return (
    <>
      {isOver && (
        <div class="drop-over">
          <p>
            <Icon name="upload" />
            {isBusy() ? "An upload is under way: one at a time" : "Drop to make a batch"}
          </p>
        </div>
      )}
      {now && isBusy() && isElsewhere && (
        <a class="upload-card" href={now.batch ? "/new" : "/"}>
          <Icon name="upload" />
          <span>
            {now.phase === "waiting" ? "Upload waits for the server" : "Uploading"} · {count(now.sent + now.skipped)} of{" "}
            {count(now.total)} · {percent(now.totalBytes ? (now.sent + now.skipped) / now.total : 0)}
          </span>
        </a>
      )}
      {now?.phase === "done" && isElsewhere && matched.value.params.id !== now.batch && (
        <a class="upload-card" href={batchAddress(now.batch!)} onClick={() => void (job.value = undefined)}>
          <Icon name="succeeded" />
          <span>{count(now.sent + now.skipped)} documents uploaded. Show the batch</span>
        </a>
      )}
    </>
  );
}
