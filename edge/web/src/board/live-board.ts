/** One open board: the live client, the scene and what the page shows of them. */

import type { Caller } from "../api/caller.ts";
import type { Board } from "../api/models.ts";
import { Comments } from "../comments/comments.ts";
import { Seen } from "../comments/seen.ts";
import { Scene } from "../editor/scene.ts";
import { keptHere } from "../kept/here.ts";
import { Pictures } from "../pictures/pictures.ts";
import { refusalWords } from "../pictures/refusal-words.ts";
import { apiFiles } from "../pictures/source.ts";
import { BoardClient } from "../protocol/board-client.ts";
import { type BoardState, mayDraw } from "../protocol/board-state.ts";
import { systemClock } from "../protocol/clock.ts";
import type { BoardElement } from "../protocol/element.ts";
import type { MoveData, Role, RoomEvent } from "../protocol/frames.ts";
import type { Refusal } from "../protocol/op.ts";
import type { Present } from "../protocol/roster.ts";
import { Throttle } from "../protocol/throttle.ts";
import { type Socket, Transport } from "../protocol/transport.ts";
import { app } from "../state/app-store.ts";
import { storage } from "../state/storage.ts";
import { toast } from "../state/toasts.ts";
import { words } from "../state/words.ts";
import type { BoardView } from "./board-view.ts";
import type { Canvas, Viewport } from "./canvas.ts";
import { digest } from "./digest.ts";
import { peopleOf, samePeople } from "./people.ts";
import { apiSource } from "./source.ts";

const CLIENT = `web/${__VERSION__}`;
const DIGEST_INTERVAL = 250;
// A digest of a large board takes some milliseconds: it is made the more seldom.
const DIGESTED_PER_MILLISECOND = 5;
const ROLE_PAUSE = 300;

export class LiveBoard {
  readonly caller: Caller;
  readonly boardId: string;
  /** What the editor starts with: resolved by the first snapshot. */
  readonly initial: Promise<readonly BoardElement[]>;
  readonly scene: Scene;
  readonly comments: Comments;
  readonly pictures: Pictures;
  #resolveInitial: (elements: readonly BoardElement[]) => void = () => undefined;
  #client: BoardClient;
  #canvas: Canvas | null = null;
  #present: readonly Present[] = [];
  #shown: () => readonly BoardElement[] = () => [];
  #digesting: Throttle;
  #started = false;

  constructor(board: Board, caller: Caller, owner: string) {
    this.caller = caller;
    this.boardId = board.board_id;
    this.initial = new Promise((resolve) => {
      this.#resolveInitial = resolve;
    });
    app.set({ board: firstView(board) });
    this.comments = new Comments({
      boardId: board.board_id,
      caller,
      seen: new Seen(storage, board.board_id, owner),
      myUserId: () => this.#client.state.me?.user_id ?? null,
      present: () => this.#present.map(({ user_id, name }) => ({ user_id, name })),
    });
    this.#client = new BoardClient({
      boardId: board.board_id,
      role: effectiveRole(board),
      source: apiSource(caller, board.board_id),
      keepsake: keptHere(board.board_id, owner),
      clock: systemClock,
      connect: (listener) => new Transport(dial, caller.credentials, CLIENT, systemClock, listener),
      listener: {
        onState: (state) => this.#onState(state),
        onSnapshot: (elements) => this.#onSnapshot(elements),
        onElements: (elements) => {
          this.pictures.note(elements);
          this.scene.receive(elements);
        },
        onGhosts: (ids) => this.scene.drop(ids),
        onRefused: (refusals) => this.#onRefused(refusals),
        onPresence: (present) => this.#onPresence(present),
        onFact: (event) => this.#onFact(event),
      },
    });
    this.pictures = new Pictures(apiFiles(caller, board.board_id), systemClock, {
      onReady: (name, fileId) => this.scene.pictured(name, fileId),
      onRefused: (name, error) => {
        toast(refusalWords(words(), error), { tone: "error" });
        this.scene.unpictured(name);
      },
    });
    this.scene = new Scene(
      this.#client,
      systemClock,
      !mayDraw(effectiveRole(board)),
      {
        onForeign: () => toast(words()("board.foreign"), { tone: "error" }),
        onUnsafeLink: () => toast(words()("board.unsafeLink"), { tone: "error" }),
        onWaiting: (elements) => this.pictures.take(elements),
      },
      (element) => this.pictures.mustWait(element),
    );
    this.#digesting = new Throttle(
      systemClock,
      () => Math.max(DIGEST_INTERVAL, this.#shown().length / DIGESTED_PER_MILLISECOND),
      () => this.#digest(),
    );
  }

  start(): void {
    if (this.#started) {
      return;
    }
    this.#started = true;
    this.#client.start();
    window.addEventListener("online", this.#wake);
    window.addEventListener("offline", this.#wake);
    window.addEventListener("pagehide", this.#leave);
    window.addEventListener("beforeunload", this.#warn);
    document.addEventListener("visibilitychange", this.#visibility);
  }

  stop(): void {
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("offline", this.#wake);
    window.removeEventListener("pagehide", this.#leave);
    window.removeEventListener("beforeunload", this.#warn);
    document.removeEventListener("visibilitychange", this.#visibility);
    this.scene.detach();
    this.#client.stop();
    this.comments.stop();
    this.pictures.stop();
    this.#digesting.stop();
    if (app.get().board?.boardId === this.boardId) {
      app.set({ board: null });
    }
  }

  /** The editor is there; `shown` are its elements. */
  attach(canvas: Canvas, shown: () => readonly BoardElement[]): void {
    this.#canvas = canvas;
    this.#shown = shown;
    canvas.showOthers(this.#others());
  }

  detach(): void {
    this.#canvas = null;
  }

  /** The editor says that something changed. */
  changed(): void {
    this.scene.changed();
    this.#digesting.request();
  }

  /** What others see of this person. */
  show(move: MoveData): void {
    this.#client.show(move);
  }

  follow(connection: string | null): void {
    const one = this.#present.find((other) => other.connection === connection);
    this.#canvas?.follow(one === undefined ? null : one.connection, one?.name ?? "");
  }

  /** The editor follows somebody now, or nobody: by the page's wish or because the person moved the view. */
  followed(connection: string | null): void {
    this.#view({ following: connection });
    this.#client.show({ following: connection });
    this.#goAlong();
  }

  exportImage(): void {
    this.#canvas?.exportImage();
  }

  renamed(title: string): void {
    this.#view({ title });
  }

  /** Also when the browser says that it is offline: it may be wrong, and a question tells sooner than a silence. */
  #wake = (): void => {
    this.#client.wake();
    this.pictures.wake();
  };

  #leave = (): void => {
    this.scene.flush();
    this.#client.keep();
  };

  #warn = (event: BeforeUnloadEvent): void => {
    this.#leave();
    if ((app.get().board?.unsaved ?? 0) + this.pictures.store.get().uploading > 0) {
      event.preventDefault();
    }
  };

  #visibility = (): void => {
    if (document.visibilityState === "visible") {
      this.#client.wake();
    } else {
      this.#leave();
    }
  };

  #view(change: Partial<BoardView>): void {
    const board = app.get().board;
    if (board?.boardId !== this.boardId) {
      return;
    }
    if ((Object.keys(change) as (keyof BoardView)[]).some((name) => change[name] !== board[name])) {
      app.set({ board: { ...board, ...change } });
    }
  }

  #onState(state: BoardState): void {
    const before = app.get().board;
    this.scene.readOnly = !mayDraw(state.role);
    const { phase, unsaved, kept, role, embedHosts } = state;
    this.#view({ phase, unsaved, kept, role, embedHosts });
    if (state.phase.name === "live" && before?.phase.name !== "live") {
      // What was said while one was away may be outside of what the room still has.
      this.comments.read();
      this.pictures.wake();
    }
    if (before !== null && before.role !== state.role) {
      setTimeout(() => this.#onRole(state.role), ROLE_PAUSE);
    }
    this.#people();
  }

  /** An archived board makes everybody a viewer; that fact may come a moment after the role, and is told by itself. */
  #onRole(role: Role): void {
    const board = app.get().board;
    if (board !== null && !board.archived && board.role === role && board.granted !== role) {
      this.#view({ granted: role });
      toast(words()(`board.roleNow.${role}`));
    }
  }

  #onSnapshot(elements: readonly BoardElement[]): void {
    this.pictures.note(elements);
    this.#resolveInitial(elements);
    this.scene.replace(elements);
  }

  #onRefused(refusals: readonly Refusal[]): void {
    const t = words();
    const n = refusals.length;
    if (refusals.every((refusal) => refusal.code === "forbidden" || refusal.code === "not_found")) {
      toast(t("board.refused.forbidden", { n }), { tone: "error" });
    } else if (refusals.every((refusal) => refusal.code === "too_large")) {
      toast(t("board.refused.tooLarge"), { tone: "error" });
    } else {
      toast(t("board.refused", { n }), { tone: "error" });
    }
    this.scene.revert(refusals.map((refusal) => refusal.element));
  }

  #onPresence(present: readonly Present[]): void {
    this.#present = present;
    this.#canvas?.showOthers(this.#others());
    this.#people();
    this.#goAlong();
  }

  #onFact(event: RoomEvent): void {
    if (event.type.startsWith("comments.")) {
      this.comments.heard(event);
      return;
    }
    const t = words();
    switch (event.type) {
      case "boards.board_renamed":
        this.#view({ title: String(event.data.title) });
        return;
      case "boards.board_archived":
        this.#view({ archived: true });
        toast(t("board.archivedNow"));
        return;
      case "boards.board_restored":
        this.#view({ archived: false });
        toast(t("board.restoredNow"));
        return;
      case "boards.version_restored":
        toast(t("history.restoredNow", { name: this.#nameOf(String(event.data.restored_by)) }));
    }
  }

  #nameOf(userId: string): string {
    return app.get().board?.people.find((person) => person.userId === userId)?.name || words()("history.somebody");
  }

  #others(): Present[] {
    const { connection } = this.#client.state;
    return this.#present.filter((other) => other.connection !== connection);
  }

  #people(): void {
    const board = app.get().board;
    const { connection, me } = this.#client.state;
    const people = peopleOf(this.#present, connection, me?.user_id ?? null);
    if (board !== null && !samePeople(board.people, people)) {
      this.#view({ people });
    }
  }

  /** Keeps the view with the one who is followed, unless that one follows us. */
  #goAlong(): void {
    const following = app.get().board?.following ?? null;
    const leader = following === null ? undefined : this.#present.find((other) => other.connection === following);
    const viewport = leader?.data.viewport;
    const circular = leader !== undefined && leader.data.following === this.#client.state.connection;
    if (viewport?.length === 4 && !circular) {
      this.#canvas?.goTo(viewport as unknown as Viewport);
    }
  }

  #digest(): void {
    if (!this.scene.isReady) {
      return;
    }
    const shown = digest(this.#shown());
    this.#view({ elements: shown.count, digest: shown.digest });
  }
}

function firstView(board: Board): BoardView {
  return {
    boardId: board.board_id,
    title: board.title,
    role: effectiveRole(board),
    granted: board.role,
    archived: board.archived,
    origin: originOf(board),
    phase: { name: "loading" },
    unsaved: 0,
    kept: true,
    people: [],
    following: null,
    embedHosts: [],
    elements: 0,
    digest: "",
  };
}

function originOf({ branched_from }: Board): BoardView["origin"] {
  return branched_from === undefined ? null : { boardId: branched_from.board_id, position: branched_from.position };
}

function effectiveRole(board: Board): Role {
  return board.archived ? "viewer" : board.role;
}

function dial(): Socket {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${location.host}/ws`) as unknown as Socket;
}
