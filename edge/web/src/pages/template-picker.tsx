/** Chooses what a new board begins with: templates of the workspace, and those that come with the product. */

import { useEffect, useState } from "react";
import { me } from "../api/here.ts";
import type { Board } from "../api/models.ts";
import {
  boardOfBuiltIn,
  boardOfTemplate,
  listBuiltIn,
  listTemplates,
  readBuiltIn,
  readTemplate,
  type TemplateFile,
} from "../api/templates.ts";
import { Dialog } from "../parts/dialog.tsx";
import { largestFiles, type Picture } from "../pictures/picture.ts";
import { apiFiles } from "../pictures/source.ts";
import type { BoardElement } from "../protocol/element.ts";
import { go } from "../router.ts";
import { useApp } from "../state/app-store.ts";
import { useWords } from "../state/words.ts";
import { attempt } from "./board-actions.ts";

const PICTURES_MOST = 6;

interface Choice {
  readonly id: string;
  readonly title: string;
  readonly isOurs: boolean;
  readonly read: () => Promise<TemplateFile>;
  readonly make: () => Promise<Board>;
}

interface TemplatePickerProps {
  readonly workspaceId: string | null;
  readonly onClose: () => void;
}

async function choices(language: string, workspaceId: string | null): Promise<readonly Choice[]> {
  const [ours, builtIn] = await Promise.all([listTemplates(me, workspaceId), listBuiltIn(me, language)]);
  return [
    ...ours.map((board) => ({
      id: board.board_id,
      title: board.title,
      isOurs: true,
      read: () => readTemplate(me, board.board_id),
      make: () => boardOfTemplate(me, board, workspaceId),
    })),
    ...builtIn.map(({ template, title }) => ({
      id: template,
      title,
      isOurs: false,
      read: () => readBuiltIn(me, template, language),
      make: () => boardOfBuiltIn(me, template, language, workspaceId),
    })),
  ];
}

export function TemplatePicker({ workspaceId, onClose }: TemplatePickerProps) {
  const t = useWords();
  const language = useApp((state) => state.locale);
  const [offered, setOffered] = useState<readonly Choice[] | null>(null);
  const [busy, setBusy] = useState<string | null>(null);

  useEffect(() => {
    let isLeft = false;
    void attempt(() => choices(language, workspaceId)).then((found) => isLeft || setOffered(found ?? []));
    return () => {
      isLeft = true;
    };
  }, [language, workspaceId]);

  const make = async (choice: Choice): Promise<void> => {
    setBusy(choice.id);
    const board = await attempt(choice.make);
    setBusy(null);
    if (board !== null) {
      onClose();
      go(`/b/${board.board_id}`);
    }
  };
  return (
    <Dialog title={t("templates.title")} onClose={onClose} wide>
      <div className="dialog-body">
        {offered === null ? <span className="spinner is-large" aria-hidden="true" /> : null}
        <ul className="template-grid" aria-busy={offered === null}>
          {offered?.map((choice) => (
            <li key={choice.id}>
              <button
                type="button"
                className="template"
                data-template={choice.id}
                disabled={busy !== null}
                aria-busy={busy === choice.id}
                onClick={() => void make(choice)}
              >
                <Preview choice={choice} />
                <span className="template-title">{choice.title}</span>
                <span className="template-kind">{t(choice.isOurs ? "templates.ours" : "templates.builtIn")}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Preview({ choice }: { readonly choice: Choice }) {
  const [image, setImage] = useState<string | null>(null);
  useEffect(() => {
    let isLeft = false;
    let made: string | null = null;
    const show = async (): Promise<void> => {
      const [{ preview }, { elements }] = await Promise.all([import("../editor/preview.ts"), choice.read()]);
      made = await preview(elements, choice.isOurs ? await picturesOf(choice.id, elements) : []);
      if (isLeft) {
        URL.revokeObjectURL(made);
      } else {
        setImage(made);
      }
    };
    // Without its picture a template can still be chosen by its title.
    void show().catch(() => undefined);
    return () => {
      isLeft = true;
      if (made !== null) {
        URL.revokeObjectURL(made);
      }
    };
  }, [choice]);
  return <span className="template-face">{image === null ? null : <img src={image} alt="" />}</span>;
}

/** Those that can be seen in a small image; one that does not come is left out. */
async function picturesOf(boardId: string, elements: readonly BoardElement[]): Promise<readonly Picture[]> {
  const source = apiFiles(me, boardId);
  const read = largestFiles(elements, PICTURES_MOST).map((id) => source.fetch(id));
  return (await Promise.allSettled(read)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
