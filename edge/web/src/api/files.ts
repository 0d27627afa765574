/** The API of files: asked for here, put straight into the store of objects, checked before anybody is given them. */

import type { Caller } from "./caller.ts";
import { ApiProblem, NetworkFault } from "./problem.ts";

export interface NewFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Hexadecimal. */
  readonly sha256: string;
}

interface Upload {
  readonly file_id: string;
  readonly upload: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}

interface Checked {
  readonly file_id: string;
}

export function requestUpload(caller: Caller, boardId: string, file: NewFile): Promise<Upload> {
  const { name, mime, bytes, sha256 } = file;
  const body = { board_id: boardId, name, mime, size: bytes.byteLength, sha256 };
  return caller.request({ method: "POST", path: "/api/files", body });
}

/** Puts the bytes where the server said. `onPart` hears which share of them is there. */
export function put(
  { upload }: Upload,
  bytes: Uint8Array<ArrayBuffer>,
  onPart: (share: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not `fetch`: it does not tell how far an upload is.
    const sending = new XMLHttpRequest();
    sending.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      sending.setRequestHeader(name, value);
    }
    sending.upload.onprogress = ({ loaded }) => onPart(loaded / Math.max(1, bytes.byteLength));
    sending.onload = () => {
      if (sending.status >= 200 && sending.status < 300) {
        resolve();
      } else {
        reject(new NetworkFault(new Error(`the store of files answered ${sending.status}`)));
      }
    };
    sending.onerror = () => reject(new NetworkFault(new Error("the store of files did not answer")));
    sending.send(bytes);
  });
}

/** The checker's word. A problem says what is wrong with the file. */
export async function completeUpload(caller: Caller, fileId: string): Promise<void> {
  const path = `/api/files/${encodeURIComponent(fileId)}/complete`;
  try {
    await caller.request<Checked>({ method: "POST", path, body: {} });
  } catch (error) {
    // What was put did not arrive: begun anew, it may.
    throw error instanceof ApiProblem && error.code === "conflict" ? new NetworkFault(error) : error;
  }
}

export function readFile(caller: Caller, fileId: string): Promise<Blob> {
  return caller.download({ method: "GET", path: `/api/files/${encodeURIComponent(fileId)}` });
}
