import { expect, it } from "vitest";
import type { Present } from "../../protocol/roster.ts";
import { digest } from "../digest.ts";
import { peopleOf, samePeople } from "../people.ts";

function present(connection: string, userId: string, data: Present["data"] = {}): Present {
  return { connection, user_id: userId, name: userId.toUpperCase(), color: "#123456", data };
}

it("Several tabs of one person are one person, and the liveliest of them is the one to follow", () => {
  const people = peopleOf(
    [
      present("w1", "me"),
      present("w2", "ann", { idle: "away" }),
      present("w3", "ann"),
      present("w4", "ann", { idle: "idle" }),
    ],
    "w1",
    "me",
  );

  expect(people.map(({ userId, connection, state }) => [userId, connection, state])).toEqual([
    ["me", "w1", "active"],
    ["ann", "w3", "active"],
  ]);
});

it("Whoever follows this connection is marked, with any of their tabs", () => {
  const [, ann, bob] = peopleOf(
    [
      present("w1", "me"),
      present("w2", "ann", { following: "w1" }),
      present("w3", "ann"),
      present("w4", "bob", { following: "w9" }),
    ],
    "w1",
    "me",
  );

  expect([ann?.followsMe, bob?.followsMe]).toEqual([true, false]);
});

it("Nobody follows somebody who is not connected", () => {
  expect(peopleOf([present("w2", "ann", { following: null })], null, "me")[0]?.followsMe).toBe(false);
});

it("A list with the same people is the same, so that nothing is drawn anew", () => {
  const list = () => peopleOf([present("w1", "me"), present("w2", "ann")], "w1", "me");

  expect(samePeople(list(), list())).toBe(true);
  expect(samePeople(list(), peopleOf([present("w1", "me"), present("w2", "ann", { idle: "idle" })], "w1", "me"))).toBe(
    false,
  );
});

it("The digest counts what is live, whatever its order", () => {
  const element = (id: string, version: number, isDeleted = false) =>
    ({ id, type: "rectangle", version, versionNonce: 5, index: "a1", isDeleted }) as const;

  const one = digest([element("a", 1), element("b", 2), element("gone", 3, true)]);

  expect(one).toEqual(digest([element("b", 2), element("a", 1)]));
  expect(one.count).toBe(2);
  expect(one.digest).not.toBe(digest([element("a", 1), element("b", 3)]).digest);
  // The same in the browser tests' Python.
  expect(digest([element("a", 1)]).digest).toBe("11f80994");
});
