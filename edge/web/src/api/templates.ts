/** Boards to begin with: those that come with the product, and those of a workspace. */

import type { BoardElement } from "../protocol/element.ts";
import type { Caller } from "./caller.ts";
import type { Board, Page } from "./models.ts";

export interface BuiltIn {
  readonly template: string;
  readonly title: string;
}

export interface TemplateFile {
  readonly elements: readonly BoardElement[];
}

const AT_ONCE = 200;

export async function listBuiltIn(caller: Caller, language: string): Promise<readonly BuiltIn[]> {
  const query = new URLSearchParams({ language });
  return (await caller.request<Page<BuiltIn>>({ method: "GET", path: `/api/templates?${query}` })).items;
}

export function readBuiltIn(caller: Caller, name: string, language: string): Promise<TemplateFile> {
  const query = new URLSearchParams({ language });
  return caller.request({ method: "GET", path: `/api/templates/${encodeURIComponent(name)}?${query}` });
}

/** Of one workspace, or of all that one is a member of. */
export async function listTemplates(caller: Caller, workspaceId: string | null): Promise<readonly Board[]> {
  const query = new URLSearchParams({
    template: "true",
    limit: String(AT_ONCE),
    ...(workspaceId === null ? {} : { workspace_id: workspaceId }),
  });
  return (await caller.request<Page<Board>>({ method: "GET", path: `/api/boards?${query}` })).items;
}

export function readTemplate(caller: Caller, boardId: string): Promise<TemplateFile> {
  return caller.request({ method: "GET", path: `/api/boards/${encodeURIComponent(boardId)}/elements` });
}

/** A board made of a template of a workspace. */
export function boardOfTemplate(caller: Caller, template: Board, workspaceId: string | null): Promise<Board> {
  return caller.request({
    method: "POST",
    path: `/api/boards/${encodeURIComponent(template.board_id)}/duplicate`,
    body: { title: template.title, ...(workspaceId === null ? {} : { workspace_id: workspaceId }) },
  });
}

/** A board made of one of those that come with the product. */
export async function boardOfBuiltIn(
  caller: Caller,
  name: string,
  language: string,
  workspaceId: string | null,
): Promise<Board> {
  const file = await readBuiltIn(caller, name, language);
  const query = new URLSearchParams(workspaceId === null ? {} : { workspace_id: workspaceId });
  return caller.request({ method: "POST", path: `/api/boards/import?${query}`, body: file });
}

export function setTemplate(caller: Caller, boardId: string, template: boolean): Promise<Board> {
  return caller.request({
    method: "PUT",
    path: `/api/boards/${encodeURIComponent(boardId)}/template`,
    body: { template },
  });
}
