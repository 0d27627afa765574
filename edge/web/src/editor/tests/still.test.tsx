// @vitest-environment jsdom
/** A canvas that only shows, made of the package itself. */

import "./canvas-stub.ts";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, expect, it, vi } from "vitest";
import { Pictures } from "../../pictures/pictures.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import type { ExcalidrawImperativeAPI, ExcalidrawInitialDataState } from "../package.ts";
import Still from "../still.tsx";
import { element } from "./desk.tsx";

const SOURCE = {
  upload: () => Promise.reject(new Error("nothing is uploaded")),
  fetch: () => Promise.reject(new Error("nothing is fetched")),
  isPassing: () => false,
  mayCome: () => false,
};

let root: Root;
let editor: ExcalidrawImperativeAPI;

let begin: () => void;
const begun = new Promise<void>((resolve) => {
  begin = resolve;
});

// The editor itself: it begins when the test says so, and its functions are heard of.
vi.mock("../package.ts", async (original) => {
  const real = await original<typeof import("../package.ts")>();
  const Excalidraw: typeof real.Excalidraw = ((props: React.ComponentProps<typeof real.Excalidraw>) => (
    <real.Excalidraw
      {...props}
      initialData={() => begun.then(() => props.initialData as ExcalidrawInitialDataState)}
      excalidrawAPI={(api) => {
        editor = api;
        props.excalidrawAPI?.(api);
      }}
    />
  )) as never;
  return { ...real, Excalidraw };
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

it("shows what it was given before the editor had begun", async () => {
  const host = document.createElement("div");
  document.body.append(host);
  root = createRoot(host);
  const pictures = new Pictures(SOURCE, new FakeClock(), { onReady: () => undefined, onRefused: () => undefined });

  const show = (...ids: string[]) =>
    act(async () =>
      root.render(
        <Still
          pictures={pictures}
          elements={ids.map((id, place) => element("rectangle", { id, index: `a${place + 1}` }))}
          differences={null}
          locale="en"
          dark={false}
          name=""
        />,
      ),
    );

  await show("early");
  await settled();
  begin();
  await until(() => editor.getSceneElements().length > 0);
  await settled();
  expect(editor.getSceneElements().map(({ id }) => id)).toEqual(["early"]);
  await show("early", "late");

  expect(editor.getSceneElements().map(({ id }) => id)).toEqual(["early", "late"]);
});

/** However long the machine takes for it. */
async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      await settled(1);
      expect(holds()).toBe(true);
    },
    { timeout: 30_000 },
  );
}

async function settled(rounds = 30): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await act(async () => new Promise((resolve) => setTimeout(resolve, 10)));
  }
}
