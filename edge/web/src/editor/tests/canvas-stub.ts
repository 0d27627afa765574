/** What jsdom lacks and the editor needs: a canvas that draws nothing, fonts that are there. */

let put: unknown[] = [];

/** Begins to note what is put onto canvases; the function that it returns tells it. */
export function drawings(): () => readonly unknown[] {
  put = [];
  return () => put;
}

function context(canvas: HTMLCanvasElement): unknown {
  const state: Record<string | symbol, unknown> = { canvas, filter: "none", font: "" };
  return new Proxy(state, {
    get: (target, name) => {
      if (name in target) {
        return target[name];
      }
      if (name === "measureText") {
        return (text: string) => ({ width: text.length * 8 });
      }
      return name === "drawImage" ? (what: unknown) => put.push(what) : () => undefined;
    },
    has: () => true,
  });
}

HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
  return context(this);
} as unknown as HTMLCanvasElement["getContext"];

class NoFontFace {
  load = async (): Promise<this> => this;
}
class NoPath {}
class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
const fonts = {
  add: () => undefined,
  has: () => true,
  check: () => true,
  load: async () => [],
  ready: Promise.resolve(),
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};
Object.assign(globalThis, { FontFace: NoFontFace, Path2D: NoPath, ResizeObserver: NoObserver });
Object.defineProperty(document, "fonts", { value: fonts });
window.matchMedia = ((query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
})) as unknown as typeof window.matchMedia;
