/** What a fact of the audit is called, and the few words of its data that say more. */

import type { AuditEntry } from "../api/models.ts";
import type { Translate } from "../i18n/translate.ts";

export const AUDIT_TYPES = [
  "workspaces.workspace_created",
  "workspaces.workspace_renamed",
  "workspaces.workspace_deleted",
  "workspaces.member_joined",
  "workspaces.member_role_changed",
  "workspaces.member_removed",
  "workspaces.invite_created",
  "workspaces.invite_accepted",
  "workspaces.invite_revoked",
  "boards.board_created",
  "boards.board_renamed",
  "boards.board_archived",
  "boards.board_trashed",
  "boards.board_restored",
  "boards.board_revealed",
  "boards.role_granted",
  "boards.role_revoked",
  "boards.person_invited",
  "boards.invitation_accepted",
  "boards.invitation_revoked",
  "boards.link_created",
  "boards.link_opened",
  "boards.link_revoked",
  "boards.template_set",
  "boards.version_saved",
  "boards.version_renamed",
  "boards.version_restored",
  "boards.version_deleted",
  "webhooks.subscription_created",
  "webhooks.subscription_updated",
  "webhooks.subscription_deleted",
  "webhooks.subscription_paused",
  "webhooks.subscription_resumed",
  "webhooks.secret_rotated",
  "webhooks.test_requested",
  "webhooks.redelivery_requested",
] as const;
/** What leaves by a webhook and is no matter of the audit: the content of boards. */
const CONTENT_TYPES = [
  "comments.thread_started",
  "comments.comment_added",
  "comments.comment_edited",
  "comments.comment_deleted",
  "comments.thread_resolved",
  "comments.thread_reopened",
  "comments.thread_moved",
  "comments.thread_restored",
  "comments.person_forgotten",
  "files.file_requested",
  "files.file_uploaded",
  "files.file_ready",
  "files.file_rejected",
  "files.file_deleted",
  "files.files_shared",
] as const;
const TOLD_TYPES = [...AUDIT_TYPES, ...CONTENT_TYPES];
type Known = (typeof TOLD_TYPES)[number];

/** A newer server may tell of things that this page has no words for: then their own name. */
export function typeWords(t: Translate, type: string): string {
  const known = TOLD_TYPES.find((one) => one === type);
  return known === undefined ? type : t(`audit.type.${known satisfies Known}`);
}

/** A title, a name, a role: what a reader wants to know beside who and when. */
export function details(entry: AuditEntry): string {
  const said = ["title", "name", "role"].map((field) => entry.data[field]);
  return said.filter((value) => typeof value === "string" && value !== "").join(" · ");
}
