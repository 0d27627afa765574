/** Why a change to the people of a workspace was refused, in words for people. */

import { isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import type { Translate } from "../i18n/translate.ts";

export function refusalWords(t: Translate, error: unknown, personal: boolean): string {
  if (isProblem(error, "conflict")) {
    return t(personal ? "members.refused.personal" : "members.refused.lastAdmin");
  }
  if (isProblem(error, "forbidden")) {
    return t("members.refused.role");
  }
  if (isProblem(error, "not_found")) {
    return t("members.refused.gone");
  }
  return faultWords(t, error);
}
