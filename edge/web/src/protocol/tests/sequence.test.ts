import { expect, it } from "vitest";
import type { RoomEvent } from "../frames.ts";
import { Sequence } from "../sequence.ts";

function event(seq: number, id = `id-${seq}`): RoomEvent {
  return { seq, type: "boards.draw", id, client_id: null, actor: null, connection: null, time: "", data: {} };
}

function joined(): Sequence {
  const sequence = new Sequence();
  sequence.joined("e", 5, "c5");
  return sequence;
}

it("Events in order are taken and the cursor moves", () => {
  const sequence = joined();

  const received = sequence.receive("e", "c7", [event(6), event(7)]);

  expect(received).toEqual({ what: "events", events: [event(6), event(7)] });
  expect(sequence.cursor).toBe("c7");
});

it("A missing event is a gap, nothing of the frame is taken and the cursor stays", () => {
  const sequence = joined();

  expect(sequence.receive("e", "c8", [event(6), event(8)])).toEqual({ what: "gap" });
  expect(sequence.cursor).toBe("c5");
  expect(sequence.receive("e", "c6", [event(6)])).toEqual({ what: "events", events: [event(6)] });
});

it("Another epoch is a gap", () => {
  expect(joined().receive("f", "c6", [event(6)])).toEqual({ what: "gap" });
});

it("Events that one has already are passed over", () => {
  const sequence = joined();

  expect(sequence.receive("e", "c6", [event(4), event(5), event(6)])).toEqual({ what: "events", events: [event(6)] });
});

it("A fact that comes again under a new number is dropped by its id", () => {
  const sequence = joined();
  sequence.receive("e", "c6", [event(6, "fact")]);

  expect(sequence.receive("e", "c8", [event(7, "fact"), event(8, "other")])).toEqual({
    what: "events",
    events: [event(8, "other")],
  });
  expect(sequence.cursor).toBe("c8");
});
