import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../batching.ts";
import type { BoardElement } from "../element.ts";
import { Outbox } from "../outbox.ts";
import { FakeClock } from "./fake-clock.ts";
import { newer, rectangle } from "./person.ts";

const clock = new FakeClock();

function outbox(limits = DEFAULT_LIMITS): Outbox {
  let count = 0;
  return new Outbox(() => {
    count += 1;
    return `c-${count}`;
  }, limits);
}

function ids(op: { readonly elements: readonly BoardElement[] } | undefined): string[] {
  return (op?.elements ?? []).map((element) => element.id);
}

describe("Edits that wait", () => {
  it("replace one another by element and leave in the board's order", () => {
    const box = outbox();
    const [high, low] = [rectangle(clock, { id: "high", index: "a2" }), rectangle(clock, { id: "low", index: "a1" })];
    const latest = newer(clock, high);

    box.put([high]);
    box.put([low, latest]);

    expect(box.take(0).map((op) => op.elements)).toEqual([[low, latest]]);
    expect(box.size).toBe(2);
  });

  it("are cut into ops that fit the limits of a frame", () => {
    const box = outbox({ frameBytes: 1024 * 1024, elementBytes: 256 * 1024, elementsPerOp: 1000 });
    box.put(Array.from({ length: 2500 }, () => rectangle(clock)));

    expect(box.take(0).map((op) => op.elements.length)).toEqual([1000, 1000, 500]);

    const heavy = outbox();
    heavy.put(Array.from({ length: 12 }, () => rectangle(clock, { text: "x".repeat(200 * 1024) })));
    for (const op of heavy.take(0)) {
      expect(new TextEncoder().encode(JSON.stringify(op.elements)).length).toBeLessThan(1024 * 1024);
    }
  });

  it("are refused at once when no frame can carry them, and the others go on", () => {
    const box = outbox();
    const huge = rectangle(clock, { text: "ы".repeat(200 * 1024) });
    const small = rectangle(clock);

    expect(box.put([huge, small]).map((refusal) => [refusal.element.id, refusal.code])).toEqual([
      [huge.id, "too_large"],
    ]);
    expect(box.take(0).map(ids)).toEqual([[small.id]]);
  });

  it("keep waiting and merge while too many ops are unanswered", () => {
    const box = outbox();
    for (let n = 0; n < 40; n += 1) {
      box.put([rectangle(clock)]);
      box.take(0);
    }

    expect(box.size).toBe(40);
    for (let n = 1; n <= 16; n += 1) {
      box.acknowledged(`c-${n}`);
    }
    expect(box.take(0).map((op) => op.elements.length)).toEqual([24]);
  });
});

describe("An op without an answer", () => {
  it("is sent again as it is, under its old id, after a reconnect", () => {
    const box = outbox();
    const element = rectangle(clock);
    box.put([element]);
    const [sent] = box.take(0);
    box.put([newer(clock, element)]);

    expect(box.take(0).map((op) => op.id)).toEqual(["c-2"]);
    box.disconnected();

    const again = box.take(0);
    expect(again.map((op) => op.id)).toEqual(["c-1", "c-2"]);
    expect(again[0]?.elements).toBe(sent?.elements);
  });

  it("is sent again after `unknown`, not before its time, and holds up nobody", () => {
    const box = outbox();
    box.put([rectangle(clock)]);
    box.take(0);
    box.unknown("c-1", 2, 1000);
    box.put([rectangle(clock)]);

    expect(box.take(1000).map((op) => op.id)).toEqual(["c-2"]);
    expect(box.nextAt()).toBe(3000);
    expect(box.take(2999)).toEqual([]);
    expect(box.take(3000).map((op) => op.id)).toEqual(["c-1"]);
  });

  it("counts as unsaved until its ack", () => {
    const box = outbox();
    box.put([rectangle(clock)]);
    box.take(0);

    expect(box.size).toBe(1);
    box.acknowledged("c-1");
    expect(box.size).toBe(0);
  });
});

describe("A reject", () => {
  const reject = (code: "schema_invalid" | "rate_limited" | "forbidden" | "internal", paths: string[] = []) => ({
    code,
    detail: code,
    errors: paths.map((path) => ({ path, message: `${path} is wrong` })),
  });

  it("that names an element costs that element alone: the rest of the op goes on", () => {
    const box = outbox();
    const [a, b, c] = [
      rectangle(clock, { index: "a1" }),
      rectangle(clock, { index: "a2" }),
      rectangle(clock, { index: "a3" }),
    ];
    box.put([a, b, c]);
    box.take(0);

    const lost = box.rejected("c-1", reject("schema_invalid", ["/elements/1/strokeColor", "/elements/1/x"]), 0);

    expect(lost).toEqual([{ element: b, code: "schema_invalid", message: "/elements/1/strokeColor is wrong" }]);
    expect(box.take(0).map(ids)).toEqual([[a.id, c.id]]);
  });

  it("that names none is narrowed down by halves", () => {
    const box = outbox();
    const elements = Array.from({ length: 5 }, (_, n) => rectangle(clock, { index: `a${n}` }));
    box.put(elements);
    const lost: string[] = [];
    const accepted: string[] = [];

    for (let round = 0; round < 10; round += 1) {
      for (const op of box.take(0)) {
        if (ids(op).includes(elements[3]?.id ?? "")) {
          lost.push(...box.rejected(op.id, reject("schema_invalid", [""]), 0).map((refusal) => refusal.element.id));
        } else {
          accepted.push(...ids(op));
          box.acknowledged(op.id);
        }
      }
    }

    expect(lost).toEqual([elements[3]?.id]);
    expect(accepted.sort()).toEqual(
      elements
        .filter((_, n) => n !== 3)
        .map((e) => e.id)
        .sort(),
    );
    expect(box.size).toBe(0);
  });

  it("for the rate makes everything wait, and loses nothing", () => {
    const box = outbox();
    box.put([rectangle(clock)]);
    box.take(0);

    expect(box.rejected("c-1", { ...reject("rate_limited"), retry_after: 3 }, 1000)).toEqual([]);
    box.put([rectangle(clock)]);

    expect(box.take(3999)).toEqual([]);
    expect(box.take(4000).map((op) => op.id)).toEqual(["c-1", "c-2"]);
  });

  it("for want of a right loses the whole op", () => {
    const box = outbox();
    box.put([rectangle(clock), rectangle(clock)]);
    box.take(0);

    expect(box.rejected("c-1", reject("forbidden"), 0)).toHaveLength(2);
    expect(box.size).toBe(0);
  });

  it("for a fault of the server is tried again, but not for ever", () => {
    const box = outbox();
    box.put([rectangle(clock)]);
    let now = 0;
    let lost = 0;

    for (let attempt = 0; attempt < 5; attempt += 1) {
      now += 60_000;
      expect(box.take(now)).toHaveLength(1);
      lost += box.rejected("c-1", reject("internal"), now).length;
    }

    expect(lost).toBe(1);
    expect(box.size).toBe(0);
  });

  it("of an op that is no longer here means nothing", () => {
    expect(outbox().rejected("c-9", reject("forbidden"), 0)).toEqual([]);
  });
});
