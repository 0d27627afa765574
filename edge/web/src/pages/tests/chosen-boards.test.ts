import { expect, it } from "vitest";
import { rowsOf, switched } from "../chosen-boards.ts";

const PLAN = { board_id: "p", title: "Plan" };
const RETRO = { board_id: "r", title: "Retro" };

it("Boards keep their place when they are chosen", () => {
  expect(rowsOf([PLAN, RETRO], ["r"], new Map())).toEqual([
    { id: "p", title: "Plan", chosen: false },
    { id: "r", title: "Retro", chosen: true },
  ]);
});

it("What was chosen and is not in the list now stands before it: by its title, or as one that is gone", () => {
  expect(rowsOf([RETRO], ["p", "x"], new Map([["p", "Plan"]]))).toEqual([
    { id: "p", title: "Plan", chosen: true },
    { id: "x", title: null, chosen: true },
    { id: "r", title: "Retro", chosen: false },
  ]);
});

it("A board is chosen and let go", () => {
  expect(switched(["p"], "r")).toEqual(["p", "r"]);
  expect(switched(["p", "r"], "p")).toEqual(["r"]);
});
