/** *Missing*: an address of nothing, or of what is another owner's, which is the same to whoever asks. */
import { arrive } from "../router.js";
import { useTitle } from "../title.js";
import { Empty } from "../ui/parts.js";

export default function Missing() {
  useTitle("Not found");
  return (
    <>
      <h1 ref={arrive} tabIndex={-1}>Not found</h1>
      <Empty icon="search" name="There is nothing at this address">
        <p>It may never have been there, or it belongs to another owner.</p>
        <a class="button is-primary" href="/">
          To the batches
        </a>
      </Empty>
    </>
  );
}
