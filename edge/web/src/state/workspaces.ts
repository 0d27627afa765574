/** The workspaces that one is in: for the switcher, and for every page of a workspace. */

import { useEffect } from "react";
import { me } from "../api/here.ts";
import { createWorkspace, listWorkspaces, renameWorkspace, type Workspace } from "../api/workspaces.ts";
import { createStore, useStore } from "./store.ts";

export interface Workspaces {
  /** Whose they are: another person in this tab gets their own. */
  readonly userId: string | null;
  readonly status: "loading" | "ready" | "failed";
  readonly items: readonly Workspace[];
}

const NOBODYS: Workspaces = { userId: null, status: "loading", items: [] };
const store = createStore<Workspaces>(NOBODYS);

/** The personal one first, then by name: the server's order is by age, which nobody remembers. */
export function inOrder(items: readonly Workspace[], locale: string): Workspace[] {
  const names = new Intl.Collator(locale, { sensitivity: "base", numeric: true });
  return [...items].sort((a, b) => Number(b.personal) - Number(a.personal) || names.compare(a.name, b.name));
}

export async function loadWorkspaces(userId: string): Promise<void> {
  if (store.get().userId !== userId) {
    store.set({ ...NOBODYS, userId });
  }
  try {
    const items = await listWorkspaces(me);
    if (store.get().userId === userId) {
      store.set({ status: "ready", items });
    }
  } catch {
    if (store.get().userId === userId && store.get().status !== "ready") {
      store.set({ status: "failed" });
    }
  }
}

/** What is there is shown at once and asked for again: others change roles and names. */
export function useWorkspaces(userId: string): Workspaces {
  useEffect(() => void loadWorkspaces(userId), [userId]);
  const state = useStore(store, (all) => all);
  return state.userId === userId ? state : NOBODYS;
}

export async function addWorkspace(name: string): Promise<Workspace> {
  const made = await createWorkspace(me, name);
  keep(made);
  return made;
}

export async function changeWorkspaceName(workspaceId: string, name: string): Promise<void> {
  keep(await renameWorkspace(me, workspaceId, name));
}

/** One is in it now, or it is another than before. */
export function keep(workspace: Workspace): void {
  const others = store.get().items.filter((one) => one.workspace_id !== workspace.workspace_id);
  store.set({ items: [...others, workspace] });
}

export function forgetWorkspace(workspaceId: string): void {
  store.set({ items: store.get().items.filter((one) => one.workspace_id !== workspaceId) });
}
