import { describe, expect, it } from "vitest";
import { filters } from "../../api/audit.ts";
import type { AuditEntry } from "../../api/models.ts";
import { translator } from "../../i18n/translate.ts";
import { AUDIT_TYPES, details, typeWords } from "../audit-words.ts";

const nothing = { workspaceId: "w", actor: "", type: "", from: "", to: "" };
const entry: AuditEntry = {
  audit_id: "a",
  time: "2026-05-04T10:11:12Z",
  actor: null,
  actor_name: null,
  type: "boards.role_granted",
  subject: "b",
  data: {},
  link_id: null,
  client: null,
  address: null,
};

describe("What is asked of the audit", () => {
  it("is everything when nothing is said", () => {
    expect([...filters(nothing)]).toEqual([]);
  });

  it("takes days as whole days of the reader's own time", () => {
    const query = filters({ ...nothing, type: "boards.board_created", from: "2026-05-04", to: "2026-05-04" });
    const [from, to] = [new Date(query.get("from") ?? ""), new Date(query.get("to") ?? "")];

    expect(query.get("type")).toBe("boards.board_created");
    expect([from.getDate(), from.getHours(), to.getDate(), to.getHours()]).toEqual([4, 0, 5, 0]);
  });

  it("may be what one person did", () => {
    expect([...filters({ ...nothing, actor: "a" })]).toEqual([["actor", "a"]]);
  });

  it("goes over the end of a month", () => {
    expect(new Date(filters({ ...nothing, to: "2026-05-31" }).get("to") ?? "").getDate()).toBe(1);
  });
});

describe("An entry", () => {
  it("is told in words, and by its own name where there are none yet", () => {
    expect(typeWords(translator("ru"), "boards.board_created")).toBe("Доска создана");
    expect(typeWords(translator("en"), "boards.board_folded")).toBe("boards.board_folded");
    expect(new Set(AUDIT_TYPES.map((type) => typeWords(translator("en"), type))).size).toBe(AUDIT_TYPES.length);
  });

  it("shows title, name and role, and nothing that is no text", () => {
    expect(details({ ...entry, data: { role: "editor", title: "Plan", name: null, revision: 3 } })).toBe(
      "Plan · editor",
    );
    expect(details(entry)).toBe("");
  });
});
