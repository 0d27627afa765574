/** Which kind of page an address is, and on which board: what is told of it is this alone. */

export interface PageKind {
  readonly page: string;
  readonly board_id?: string;
}

const TABS: Readonly<Record<string, string>> = {
  members: "members",
  audit: "audit",
  activity: "activity",
  webhooks: "webhooks",
};
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `null` for what is not worth telling: pages that do not exist, and those that only lead somewhere. */
export function pageKind(path: string): PageKind | null {
  const [first = "", second = "", third = ""] = path.split("/").slice(1);
  if (first === "b" && ID.test(second)) {
    return { page: "board", board_id: second };
  }
  if (first === "w") {
    return { page: third === "" ? "workspace" : (TABS[third] ?? "workspace") };
  }
  return first === "" ? { page: "boards" } : first === "settings" ? { page: "settings" } : null;
}
