/** One tab: the client as a page puts it together, on a plain canvas, and what it promised the person. */

import { Scene } from "../../../editor/scene.ts";
import { type Entry, Journal } from "../../../kept/journal.ts";
import { KeptEdits } from "../../../kept/kept-edits.ts";
import { BoardClient } from "../../../protocol/board-client.ts";
import type { BoardState } from "../../../protocol/board-state.ts";
import type { BoardElement } from "../../../protocol/element.ts";
import type { RoomEvent } from "../../../protocol/frames.ts";
import { wins } from "../../../protocol/merge.ts";
import { Transport } from "../../../protocol/transport.ts";
import { safetyOf } from "../../safety.ts";
import { type EdgeModel, nameOf } from "./edge-model.ts";
import { bulkOf, type Machine, pagesOf, storageOf, TabClock } from "./machine.ts";
import { PlainCanvas } from "./plain-canvas.ts";
import type { Wire } from "./wire.ts";

interface Handed {
  readonly element: BoardElement;
  readonly at: number;
}

// Edits are written down at most once a second.
const KEEP_INTERVAL = 1_000;
const DATABASE_TAKES = 3_000;
// So few that the bulk has work to do.
const JOURNAL_CHARS = 600;
// How long the editor takes to begin, in milliseconds: its code may come slowly.
const EDITOR_BEGINS = [30, 30, 30, 600, 5_000];

export class Tab {
  readonly machine: Machine;
  readonly canvas: PlainCanvas;
  readonly client: BoardClient;
  readonly faults: string[] = [];
  wire: Wire | null = null;
  #edge: EdgeModel;
  #clock: TabClock;
  #scene: Scene;
  /** The newest edit of each element that the client was given, or took over from the storage. */
  #handed = new Map<string, Handed>();
  #facts = new Set<string>();
  #isShown = false;
  #begun = false;

  constructor(name: string, machine: Machine, edge: EdgeModel) {
    this.machine = machine;
    this.#edge = edge;
    const clock = new TabClock(machine);
    this.#clock = clock;
    this.canvas = new PlainCanvas(name, {
      now: () => machine.wall(),
      random: () => machine.world.random(),
      pick: (choices) => machine.world.pick(choices),
    });
    const keepsake = new KeptEdits({
      page: name,
      journal: new Journal(storageOf(machine, clock), `${edge.boardId}.${machine.name}`),
      bulk: bulkOf(machine, clock),
      pages: pagesOf(machine, clock),
      clock,
      journalChars: JOURNAL_CHARS,
    });
    const open = keepsake.open.bind(keepsake);
    keepsake.open = (listener) =>
      open({
        ...listener,
        onFound: (elements) => {
          for (const element of elements) {
            this.#hand(element);
          }
          listener.onFound(elements);
        },
      });
    const token = { token: machine.name, expiresAt: Number.MAX_SAFE_INTEGER };
    const dial = (): Wire => {
      this.wire = edge.dial({ machine, clock });
      return this.wire;
    };
    this.client = new BoardClient({
      boardId: edge.boardId,
      role: "editor",
      source: { elements: (since) => this.#read(since) },
      keepsake,
      clock,
      connect: (listener) =>
        new Transport(dial, { current: async () => token, renew: async () => token }, "test/1", clock, listener),
      listener: {
        onState: (state) => this.#look(state),
        onSnapshot: (elements) => this.#onSnapshot(elements),
        onElements: (elements) => this.#scene.receive(elements),
        onGhosts: (ids) => this.#scene.drop(ids),
        onRefused: (refusals) => this.faults.push(`refused: ${refusals.map(({ element }) => nameOf(element))}`),
        onPresence: () => undefined,
        onFact: (event) => this.#onFact(event),
      },
    });
    const board = {
      draw: (elements: readonly BoardElement[]) => this.#draw(elements),
      standing: (id: string) => this.client.standing(id),
      held: () => this.client.held(),
      isUnsaved: (id: string) => this.client.isUnsaved(id),
    };
    const nobody = { onForeign: () => undefined, onUnsafeLink: () => undefined, onWaiting: () => undefined };
    this.#scene = new Scene(board, clock, false, nobody, () => false);
    this.canvas.onChange = () => this.#begun && this.#scene.changed();
    this.#look(this.client.state);
    this.client.start();
  }

  get isReady(): boolean {
    return this.#begun;
  }

  /** The page is left as browsers tell it, or its board within the page. */
  close(how: "page" | "board"): void {
    if (how === "board") {
      this.#scene.detach();
      this.client.stop();
    } else if (this.#begun) {
      this.#scene.flush();
      this.client.keep();
    } else {
      this.client.keep();
    }
    const forgotten = this.#unsafe().filter(
      ({ element, at }) => at <= this.#written() && !isKept(this.machine, element),
    );
    // Where there is no room the person was told, and was asked before the page was left.
    for (const { element } of this.client.state.kept ? forgotten : []) {
      this.faults.push(`${nameOf(element)} was forgotten at the close`);
    }
    this.#gone();
  }

  /** The page dies without a word: what is older than a moment was written down. */
  kill(): void {
    const old = this.#written() - KEEP_INTERVAL - 100;
    const forgotten = this.#unsafe().filter(({ element, at }) => at < old && !isKept(this.machine, element));
    for (const { element } of this.client.state.kept && !this.machine.isAsleep ? forgotten : []) {
      this.faults.push(`${nameOf(element)} was lost with the page`);
    }
    this.#gone();
  }

  /** The tab learns that the network is back, or is looked at. */
  wake(): void {
    this.client.wake();
  }

  /** What is older was written down when asked for: at once, and later where only the database has room. */
  #written(): number {
    const { world, room } = this.machine;
    return world.now() - (room === Number.POSITIVE_INFINITY ? 0 : DATABASE_TAKES);
  }

  /** What is not in the log, of all that this tab was given. */
  unsafe(): string[] {
    return this.#unsafe().map(({ element }) => nameOf(element));
  }

  #unsafe(): Handed[] {
    return [...this.#handed.values()].filter(({ element }) => !this.#edge.logged.has(nameOf(element)));
  }

  #gone(): void {
    this.#clock.isOver = true;
    this.wire?.cut({ arrive: Math.floor(this.machine.world.random() * 3), code: null });
  }

  #draw(elements: readonly BoardElement[]): void {
    for (const element of elements) {
      this.#hand(element);
    }
    this.client.draw(elements);
  }

  #hand(element: BoardElement): void {
    if (wins(element, this.#handed.get(element.id)?.element)) {
      this.#handed.set(element.id, { element, at: this.machine.world.now() });
    }
  }

  /** At no moment is anything called saved that is not in the log. */
  #look(state: BoardState): void {
    if (safetyOf(state, false) === "saved") {
      this.faults.push(...this.unsafe().map((name) => `said to be saved, and is not: ${name}`));
    }
  }

  #onSnapshot(elements: readonly BoardElement[]): void {
    this.#scene.replace(elements);
    if (!this.#isShown) {
      this.#isShown = true;
      this.canvas.show(this.#scene.initial(elements));
      this.#clock.after(this.machine.world.pick(EDITOR_BEGINS), () => {
        this.#begun = true;
        this.#scene.attach(this.canvas);
        this.#scene.changed();
      });
    }
  }

  #onFact({ id }: RoomEvent): void {
    if (this.#facts.has(id)) {
      this.faults.push(`${id} was told twice`);
    }
    this.#facts.add(id);
  }

  async #read(since: string | null) {
    await this.#travel();
    const found = this.#edge.read(since);
    await this.#travel();
    return found;
  }

  async #travel(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(this.#edge.latency(), resolve));
    if (!this.machine.isOnline) {
      throw new TypeError("no network");
    }
  }
}

/** What lies in the machine's storage, whoever left it. */
export function kept({ entries, disk }: Machine): BoardElement[] {
  const written = [...entries.values()].map((text) => JSON.parse(text) as Entry);
  const gone = new Set(written.flatMap((entry) => entry.gone));
  const stored = [...disk.records].filter(([address]) => !gone.has(address)).map(([, element]) => element);
  return [...stored, ...written.flatMap((entry) => entry.edits)];
}

function isKept(machine: Machine, element: BoardElement): boolean {
  return kept(machine).some((other) => other.id === element.id && !wins(element, other));
}
