/** How far the pictures are that are on their way to the server. */

import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import type { Pictures } from "./pictures.ts";

export function PictureStatus({ pictures }: { readonly pictures: Pictures }) {
  const t = useWords();
  const { uploading, percent, waiting } = useStore(pictures.store, (state) => state);
  if (uploading === 0) {
    return null;
  }
  return (
    <div className="picture-status" role="status" data-uploading={uploading}>
      <span className="spinner" aria-hidden="true" />
      {waiting ? t("pictures.waiting", { n: uploading }) : t("pictures.uploading", { n: uploading, percent })}
    </div>
  );
}
