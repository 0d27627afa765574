// @vitest-environment jsdom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

vi.hoisted(() => {
  window.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as never;
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});

const { Dialog } = await import("../dialog.tsx");
const { PageToasts } = await import("../toasts.tsx");
const { toast } = await import("../../state/toasts.ts");

let host: HTMLElement;
let root: ReturnType<typeof createRoot>;

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
    this.open = true;
  });
  HTMLDialogElement.prototype.close = vi.fn(function (this: HTMLDialogElement) {
    this.open = false;
  });
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

function show(open: boolean): void {
  act(() =>
    root.render(
      <>
        {open ? (
          <Dialog title="Share" onClose={() => undefined}>
            <div className="dialog-body">
              <input aria-label="first" />
            </div>
          </Dialog>
        ) : null}
        <PageToasts />
      </>,
    ),
  );
}

it("What is told while a dialog is open is told inside of it: outside it is covered and not read out", () => {
  show(true);
  act(() => toast("Saved"));

  const told = [...host.querySelectorAll(".toast")];
  expect(told.map((one) => one.closest("dialog") !== null)).toEqual([true]);
  expect(told[0]?.closest("[aria-live=polite]")).not.toBeNull();

  show(false);
  expect([...host.querySelectorAll(".toast")].map((one) => one.closest("dialog"))).toEqual([null]);
});

it("A dialog begins at its first field, not at the button that closes it", () => {
  show(true);

  expect(document.activeElement?.getAttribute("aria-label")).toBe("first");
});

it("A dialog that closes gives the focus back to what opened it", () => {
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  show(true);
  expect(document.activeElement).not.toBe(button);

  show(false);

  expect(document.activeElement).toBe(button);
  button.remove();
});
