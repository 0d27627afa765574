/** Compresses what a browser will ask for, once at build time instead of at every request. */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(?:js|css|html|svg|json|wasm|txt|webmanifest)$/;
// Below it the headers weigh more than what is saved.
const LEAST_BYTES = 1024;
// What every first visit loads is worth the slowest compression; for the rest it would take ten times as long to save a tenth.
const FIRST_LOAD = /[\\/](?:index|editor|react)[^\\/]*$/;
const QUICK_QUALITY = 9;

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

export function precompress(): Plugin {
  let outDir = "dist";
  return {
    name: "doska-precompress",
    apply: "build",
    enforce: "post",
    configResolved: (config) => {
      outDir = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: "post",
      sequential: true,
      handler: async () => {
        const files = await readdir(outDir, { recursive: true });
        await Promise.all(
          files.filter((file) => COMPRESSIBLE.test(file)).map((file) => compress(resolve(outDir, file))),
        );
      },
    },
  };
}

async function compress(file: string): Promise<void> {
  const plain = await readFile(file);
  if (plain.length < LEAST_BYTES) {
    return;
  }
  const small = await brotli(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: FIRST_LOAD.test(file) ? constants.BROTLI_MAX_QUALITY : QUICK_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  await Promise.all([
    writeFile(`${file}.br`, small),
    gzipped(plain, { level: constants.Z_BEST_COMPRESSION }).then((bytes) => writeFile(`${file}.gz`, bytes)),
  ]);
}
