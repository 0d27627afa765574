/** Writes down whose work is in the bundle, with the words that its authors ask to be kept. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const FOLDER = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;
const FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const FONTS = `The fonts of the editor (Assistant, Cascadia Code, Comic Shanns, Excalifont, Liberation Sans, Lilita One,
Nunito, Virgil, Xiaolai) are their authors' work under the SIL Open Font License 1.1; Comic Shanns under the MIT License.`;
// Packages that name a licence and ship no text of it.
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
const HOLDERS: Readonly<Record<string, string>> = { "@excalidraw/excalidraw": "Copyright (c) 2020 Excalidraw" };

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
}

export function licences(fileName: string): Plugin {
  return {
    name: "doska-licences",
    apply: "build",
    generateBundle() {
      const folders = new Set<string>();
      for (const id of this.getModuleIds()) {
        const folder = FOLDER.exec(id.replace(/^\0/, ""))?.[1];
        if (folder !== undefined && existsSync(resolve(folder, "package.json"))) {
          folders.add(folder);
        }
      }
      const parts = [...folders].map(part).sort((a, b) => (a < b ? -1 : 1));
      const rule = `\n\n${"-".repeat(80)}\n\n`;
      const source = [`Doska is made of these works. ${FONTS}`, ...parts].join(rule);
      this.emitFile({ type: "asset", fileName, source: `${source}\n` });
    },
  };
}

function part(folder: string): string {
  const manifest = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8")) as Manifest;
  const head = `${manifest.name} ${manifest.version} (${manifest.license ?? "licence in its text"})`;
  const file = readdirSync(folder).find((name) => FILE.test(name));
  if (file !== undefined) {
    return `${head}\n\n${readFileSync(resolve(folder, file), "utf8").trim()}`;
  }
  const author = typeof manifest.author === "string" ? manifest.author : manifest.author?.name;
  const holder = HOLDERS[manifest.name] ?? (author === undefined ? "" : `Copyright (c) ${author}`);
  return [head, holder, manifest.license === "MIT" ? MIT : ""].filter((line) => line !== "").join("\n\n");
}
