/** The pictures of a board over the API. */

import type { Caller } from "../api/caller.ts";
import { completeUpload, put, readFile, requestUpload } from "../api/files.ts";
import { ApiProblem, NetworkFault } from "../api/problem.ts";
import type { Code } from "../protocol/frames.ts";
import { dataUrlOf } from "./picture.ts";
import type { FileSource } from "./pictures.ts";
import { sha256 } from "./sha256.ts";

const PASSING: ReadonlySet<Code> = new Set(["unavailable", "outcome_unknown", "rate_limited", "internal"]);

function isPassing(error: unknown): boolean {
  return error instanceof NetworkFault || (error instanceof ApiProblem && PASSING.has(error.code));
}

export function apiFiles(caller: Caller, boardId: string): FileSource {
  return {
    upload: async (draft, onPart) => {
      const file = { ...draft, sha256: await sha256(draft.bytes) };
      const asked = await requestUpload(caller, boardId, file);
      await put(asked, draft.bytes, onPart);
      await completeUpload(caller, asked.file_id);
      return asked.file_id;
    },
    fetch: async (fileId) => {
      const blob = await readFile(caller, fileId);
      return { id: fileId, mimeType: blob.type, dataURL: await dataUrlOf(blob) };
    },
    isPassing,
    // What a server reads of rights and files may be a little behind the op that shows a picture.
    mayCome: (error) => isPassing(error) || (error instanceof ApiProblem && error.code === "not_found"),
  };
}
