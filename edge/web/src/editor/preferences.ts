/** What the editor should remember on this device: the view of each board, the tools in use, the library. */

import { storage } from "../state/storage.ts";
import type { AppState, LibraryItems } from "./package.ts";

const VIEW = "doska.view.";
const TOOLS = "doska.tools";
const LIBRARY = "doska.library";
const TOOL_FIELDS = [
  "currentItemStrokeColor",
  "currentItemBackgroundColor",
  "currentItemFillStyle",
  "currentItemStrokeWidth",
  "currentItemStrokeStyle",
  "currentItemRoughness",
  "currentItemOpacity",
  "currentItemFontFamily",
  "currentItemFontSize",
  "currentItemTextAlign",
  "currentItemStartArrowhead",
  "currentItemEndArrowhead",
  "currentItemRoundness",
  "currentItemArrowType",
  "gridModeEnabled",
  "objectsSnapModeEnabled",
  "zenModeEnabled",
] as const satisfies readonly (keyof AppState)[];

function read<T>(key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden storage: nothing is remembered.
  }
}

export function rememberedView(boardId: string): Pick<AppState, "scrollX" | "scrollY" | "zoom"> | null {
  return read(VIEW + boardId);
}

export function rememberedTools(): Partial<AppState> {
  return read<Partial<AppState>>(TOOLS) ?? {};
}

export function remember(boardId: string, state: AppState): void {
  write(VIEW + boardId, { scrollX: state.scrollX, scrollY: state.scrollY, zoom: state.zoom });
  write(TOOLS, Object.fromEntries(TOOL_FIELDS.map((name) => [name, state[name]])));
}

export function rememberedLibrary(): LibraryItems {
  return read<LibraryItems>(LIBRARY) ?? [];
}

export function rememberLibrary(items: LibraryItems): void {
  write(LIBRARY, items);
}
