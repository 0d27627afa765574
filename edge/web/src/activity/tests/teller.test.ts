import { describe, expect, it } from "vitest";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { pageKind } from "../pages.ts";
import { BATCH, type Batch, GATHER_MS, Teller } from "../teller.ts";
import { uuid7 } from "../uuid7.ts";

const VISIT = "01980c5e-0009-7a10-8f2e-3c4d5e6f7081";

function stage({ more = true, privacy = false, fails = false } = {}) {
  const clock = new FakeClock();
  const sent: Batch[] = [];
  const teller = new Teller({
    clock,
    visitId: VISIT,
    wantsPrivacy: () => privacy,
    send: (batch) => {
      sent.push(batch);
      return fails ? Promise.reject(new Error("away")) : Promise.resolve({ more });
    },
  });
  const view = (page: string): void => teller.tell({ type: "activity.page_viewed", data: { page } });
  return { clock, sent, teller, view };
}

describe("What is used is told", () => {
  it("in one batch for what happens together, with how long ago each was", async () => {
    const { clock, sent, view } = stage();
    view("boards");
    await clock.pass(4000);
    view("board");
    await clock.pass(GATHER_MS);

    expect(sent).toEqual([
      {
        visit_id: VISIT,
        first: 0,
        events: [
          { type: "activity.page_viewed", data: { page: "boards" }, ago_ms: GATHER_MS },
          { type: "activity.page_viewed", data: { page: "board" }, ago_ms: GATHER_MS - 4000 },
        ],
      },
    ]);
  });

  it("at once when the page is hidden, and not again after that", async () => {
    const { clock, sent, teller, view } = stage();
    view("boards");
    await teller.flush();
    await clock.pass(GATHER_MS * 3);

    expect(sent).toHaveLength(1);
  });

  it("in batches of a bounded size, numbered without a gap", async () => {
    const { clock, sent, view } = stage();
    for (let i = 0; i < BATCH + 3; i += 1) {
      view("boards");
    }
    await clock.pass(GATHER_MS * 3);

    expect(sent.map(({ first, events }) => [first, events.length])).toEqual([
      [0, BATCH],
      [BATCH, 3],
    ]);
  });

  it("not at all where the person does not want it", async () => {
    const { clock, sent, teller, view } = stage({ privacy: true });
    view("boards");
    await clock.pass(GATHER_MS * 2);
    await teller.flush();

    expect(sent).toEqual([]);
  });

  it("no more in this visit when the edge wants no more", async () => {
    const { clock, sent, view } = stage({ more: false });
    view("boards");
    await clock.pass(GATHER_MS);
    view("board");
    await clock.pass(GATHER_MS * 3);

    expect(sent).toHaveLength(1);
  });

  it("and a failure is a gap, not a repetition", async () => {
    const { clock, sent, view } = stage({ fails: true });
    view("boards");
    await clock.pass(GATHER_MS * 5);
    view("board");
    await clock.pass(GATHER_MS);

    expect(sent.map(({ first }) => first)).toEqual([0, 1]);
  });
});

describe("Of a page only its kind is told", () => {
  it.each([
    ["/", { page: "boards" }],
    [`/b/${VISIT}`, { page: "board", board_id: VISIT }],
    ["/w/1/activity", { page: "activity" }],
    ["/w/1", { page: "workspace" }],
    ["/l", null],
    ["/b/secret", null],
    ["/reset", null],
  ])("%s", (path, kind) => expect(pageKind(path)).toEqual(kind));

  it("and a visit has an id of ours", () => {
    expect(uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10)))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
