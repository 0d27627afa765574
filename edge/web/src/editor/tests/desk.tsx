/** The real editor on a page without pixels, a scene bound to it, and a board that only listens. */

import "./canvas-stub.ts";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { type BoardElement, byIndexThenId } from "../../protocol/element.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { elementSchema } from "../../protocol/tests/schema-files.ts";
import { excalidrawSurface } from "../excalidraw-surface.ts";
import { Excalidraw, type ExcalidrawImperativeAPI, type ExcalidrawInitialDataState } from "../package.ts";
import { type Board, Scene } from "../scene.ts";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const EXAMPLES = elementSchema().examples;

export function element(type: string, changes: Partial<BoardElement> = {}): BoardElement {
  const example = EXAMPLES.find((one) => one.type === type);
  if (example === undefined) {
    throw new Error(`the schema has no example of ${type}`);
  }
  return { ...structuredClone(example), boundElements: [], frameId: null, groupIds: [], isDeleted: false, ...changes };
}

export function later(before: BoardElement, changes: Partial<BoardElement> = {}): BoardElement {
  return { ...before, version: before.version + 1, versionNonce: (before.versionNonce * 7 + 11) % 2 ** 31, ...changes };
}

export class Desk implements Board {
  clock = new FakeClock();
  drawn: BoardElement[] = [];
  server = new Map<string, BoardElement>();
  unsaved = new Set<string>();
  foreign = 0;
  unsafe = 0;
  waiting: BoardElement[] = [];
  /** Names of pictures that are no files of the board. */
  unfiled = new Set<unknown>();
  scene: Scene;
  editor: ExcalidrawImperativeAPI = undefined as never;
  #unmount: () => void = () => undefined;

  constructor(options: { readOnly?: boolean } = {}) {
    const listener = {
      onForeign: (count: number) => {
        this.foreign += count;
      },
      onUnsafeLink: () => {
        this.unsafe += 1;
      },
      onWaiting: (elements: readonly BoardElement[]) => {
        this.waiting.push(...elements);
      },
    };
    const mustWait = (one: BoardElement) => one.type === "image" && !one.isDeleted && this.unfiled.has(one.fileId);
    this.scene = new Scene(this, this.clock, options.readOnly ?? false, listener, mustWait);
  }

  draw(elements: readonly BoardElement[]): void {
    this.drawn.push(...elements);
  }
  standing(id: string): BoardElement | undefined {
    return this.server.get(id);
  }
  held(): readonly BoardElement[] {
    return [...this.server.values()].sort(byIndexThenId);
  }
  isUnsaved(id: string): boolean {
    return this.unsaved.has(id);
  }

  /** Opens the editor with this board; `during` runs while the first snapshot is still under way. */
  async open(snapshot: readonly BoardElement[], during: () => void = () => undefined): Promise<this> {
    for (const one of snapshot) {
      this.server.set(one.id, one);
    }
    let arrive: (data: ExcalidrawInitialDataState) => void = () => undefined;
    const data = new Promise<ExcalidrawInitialDataState>((resolve) => {
      arrive = resolve;
    });
    const host = document.createElement("div");
    document.body.append(host);
    const root = createRoot(host);
    await act(async () => {
      root.render(
        <Excalidraw
          excalidrawAPI={(editor) => {
            this.editor = editor;
          }}
          initialData={data}
          onChange={() => this.scene.changed()}
        />,
      );
    });
    // The first editor of a process fetches its language before it is there.
    while (this.editor === undefined) {
      await act(async () => new Promise((resolve) => setTimeout(resolve, 5)));
    }
    this.scene.attach(excalidrawSurface(this.editor));
    this.#unmount = () => root.unmount();
    during();
    await this.settle();
    const elements = this.scene.initial(snapshot) as unknown as NonNullable<ExcalidrawInitialDataState["elements"]>;
    await act(async () => arrive({ elements }));
    await this.settle();
    return this;
  }

  /** What the person does: the editor's own way to change its elements. */
  async edit(elements: readonly BoardElement[], appState: object = {}): Promise<void> {
    await act(async () =>
      this.editor.updateScene({
        elements: elements as never,
        appState: appState as never,
        captureUpdate: "IMMEDIATELY",
      }),
    );
    await this.settle();
  }

  async receive(...elements: BoardElement[]): Promise<void> {
    for (const one of elements) {
      this.server.set(one.id, one);
    }
    await act(async () => this.scene.receive(elements));
    await this.settle();
  }

  async does(work: () => void): Promise<void> {
    await act(async () => work());
    await this.settle();
  }

  /** Until nothing is under way, in the editor and on the clock. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await act(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await this.clock.pass(120);
      });
    }
  }

  get shown(): readonly BoardElement[] {
    return this.editor.getSceneElementsIncludingDeleted() as unknown as readonly BoardElement[];
  }

  one(id: string): BoardElement | undefined {
    return this.shown.find((candidate) => candidate.id === id);
  }

  close(): void {
    act(() => {
      this.scene.detach();
      this.#unmount();
    });
    document.body.replaceChildren();
  }
}
