/** A picture as the editor keeps it, and its bytes. */

import type { BoardElement } from "../protocol/element.ts";

export interface Picture {
  readonly id: string;
  readonly mimeType: string;
  readonly dataURL: string;
}

/** What the editor keeps of pictures, apart from the elements that show them. */
export interface Shelf {
  get(id: string): Picture | undefined;
  add(picture: Picture): void;
}

const SUFFIXES: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
  "image/svg+xml": "svg",
};
const NAME_MOST = 200;
// What a name may not hold: paths, control characters, what turns the direction of writing.
const ODD = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff/\\]/gu;

const FILE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether it can be a file's id; other names of pictures come from boards that were made elsewhere. */
export function isFileId(name: string): boolean {
  return FILE_ID.test(name);
}

/** Whether boards take such pictures. */
export function isTaken(mimeType: string): boolean {
  return Object.hasOwn(SUFFIXES, mimeType);
}

/** The file that an element shows; null for what shows none. */
export function fileIdOf(element: BoardElement): string | null {
  const id = element.type === "image" && !element.isDeleted ? element.fileId : null;
  return typeof id === "string" ? id : null;
}

/** The files whose pictures take the most room, the largest first. */
export function largestFiles(elements: readonly BoardElement[], most: number): readonly string[] {
  const sizes = new Map<string, number>();
  for (const element of elements) {
    const id = fileIdOf(element);
    if (id !== null && isFileId(id)) {
      sizes.set(id, Math.max(sizes.get(id) ?? 0, Number(element.width) * Number(element.height) || 0));
    }
  }
  return [...sizes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([id]) => id);
}

export function nameOf(name: string, mimeType: string): string {
  const plain = [...name.replace(ODD, " ").trim()].slice(0, NAME_MOST).join("");
  return /[^.\s]/.test(plain) ? plain : `picture.${SUFFIXES[mimeType] ?? "bin"}`;
}

export function bytesOf(dataUrl: string): Uint8Array<ArrayBuffer> {
  const comma = dataUrl.indexOf(",");
  const body = dataUrl.slice(comma + 1);
  const text = dataUrl.slice(0, comma).endsWith(";base64") ? atob(body) : decodeURIComponent(body);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function dataUrlOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
