/** A person with a board in front of them: the client under test and the simplest possible editor. */

import { BoardClient } from "../board-client.ts";
import type { BoardState } from "../board-state.ts";
import type { Credentials } from "../credentials.ts";
import { type BoardElement, keyOf } from "../element.ts";
import type { Role, RoomEvent } from "../frames.ts";
import { type Keepsake, nothingKept } from "../keepsake.ts";
import { wins } from "../merge.ts";
import type { Refusal } from "../op.ts";
import type { Present } from "../roster.ts";
import { Transport } from "../transport.ts";
import type { FakeClock } from "./fake-clock.ts";
import type { ServerDouble } from "./server-double.ts";

let elementCount = 0;

export function rectangle(clock: FakeClock, changes: Partial<BoardElement> = {}): BoardElement {
  elementCount += 1;
  return {
    id: `r${elementCount}`,
    type: "rectangle",
    version: 1,
    versionNonce: Math.floor(clock.random() * 2 ** 31),
    index: `a${"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[elementCount % 62]}`,
    isDeleted: false,
    strokeColor: "#000000",
    ...changes,
  };
}

export function newer(clock: FakeClock, element: BoardElement, changes: Partial<BoardElement> = {}): BoardElement {
  return { ...element, version: element.version + 1, versionNonce: Math.floor(clock.random() * 2 ** 31), ...changes };
}

export function startOfStroke(clock: FakeClock, changes: Partial<BoardElement> = {}): BoardElement {
  const start = { points: [[0, 0]], pressures: [], simulatePressure: true, lastCommittedPoint: null };
  return rectangle(clock, { type: "freedraw", width: 0, height: 0, updated: clock.now(), ...start, ...changes });
}

/** The stroke with one more point, as the editor makes it while the pen moves. */
export function grown(clock: FakeClock, stroke: BoardElement, changes: Partial<BoardElement> = {}): BoardElement {
  const points = stroke.points as [number, number][];
  const point: [number, number] = [points.length, Math.floor(clock.random() * 1000) / 100];
  return newer(clock, stroke, {
    points: [...points, point],
    width: points.length,
    height: point[1],
    updated: clock.now(),
    ...changes,
  });
}

export class Person {
  scene = new Map<string, BoardElement>();
  states: BoardState[] = [];
  refused: Refusal[] = [];
  facts: RoomEvent[] = [];
  present: readonly Present[] = [];
  client: BoardClient;
  transport!: Transport;

  constructor(
    clock: FakeClock,
    server: ServerDouble,
    options: { token?: string; role?: Role; credentials?: Credentials; keepsake?: Keepsake } = {},
  ) {
    const token = { token: options.token ?? "ann", expiresAt: Number.MAX_SAFE_INTEGER };
    const credentials = options.credentials ?? { current: async () => token, renew: async () => token };
    this.client = new BoardClient({
      boardId: server.boardId,
      role: options.role ?? "editor",
      source: server.source,
      keepsake: options.keepsake ?? nothingKept,
      clock,
      connect: (listener) => {
        this.transport = new Transport(server.dial, credentials, "test/1", clock, listener);
        return this.transport;
      },
      listener: {
        onState: (state) => this.states.push(state),
        onSnapshot: (elements) => {
          this.scene = new Map(elements.map((element) => [element.id, element]));
        },
        onElements: (elements) => {
          for (const element of elements) {
            if (wins(element, this.scene.get(element.id))) {
              this.scene.set(element.id, element);
            }
          }
        },
        onGhosts: (ids) => {
          for (const id of ids) {
            this.scene.delete(id);
          }
        },
        onRefused: (refusals) => this.#revert(refusals),
        onPresence: (present) => {
          this.present = present;
        },
        onFact: (event) => this.facts.push(event),
      },
    });
  }

  draw(...elements: BoardElement[]): void {
    for (const element of elements) {
      this.scene.set(element.id, element);
    }
    this.client.draw(elements);
  }

  get phase(): string {
    const { phase } = this.client.state;
    return phase.name === "ended" ? `ended: ${phase.reason}` : phase.name;
  }

  /** Versions by id; a tombstone counts as well. */
  seen(): Map<string, string> {
    return new Map([...this.scene.values()].map((element) => [element.id, keyOf(element)]));
  }

  #revert(refusals: readonly Refusal[]): void {
    this.refused.push(...refusals);
    for (const { element } of refusals) {
      if (this.client.isUnsaved(element.id)) {
        continue;
      }
      const standing = this.client.standing(element.id);
      if (standing === undefined) {
        this.scene.delete(element.id);
      } else {
        this.scene.set(element.id, standing);
      }
    }
  }
}
