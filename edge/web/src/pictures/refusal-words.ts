/** Why a picture is not on the board, in words for people. */

import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import type { Translate } from "../i18n/translate.ts";

export function refusalWords(t: Translate, error: unknown): string {
  if (error instanceof ApiProblem) {
    if (error.code === "conflict" && error.at("/size")) {
      return t("pictures.refused.quota");
    }
    if (error.code === "schema_invalid") {
      return t(error.at("/size") ? "pictures.refused.size" : "pictures.refused.mime");
    }
  }
  return t("pictures.refused", { reason: faultWords(t, error) });
}
