/** The simplest editor that behaves like the real one: it changes its elements in place and keeps what is in hand. */

import type { Surface } from "../../../editor/surface.ts";
import type { BoardElement } from "../../../protocol/element.ts";
import { byIndexThenId } from "../../../protocol/element.ts";
import { wins } from "../../../protocol/merge.ts";

type Loose = { -readonly [Name in keyof BoardElement]: BoardElement[Name] } & Record<string, unknown>;

export interface Hand {
  now(): number;
  random(): number;
  pick<T>(choices: readonly T[]): T;
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export class PlainCanvas implements Surface {
  onChange: () => void = () => undefined;
  readonly name: string;
  #hand: Hand;
  #scene: Loose[] = [];
  #count = 0;
  #inHand: string | null = null;
  #undoable: { readonly id: string; readonly before: BoardElement | null }[] = [];

  constructor(name: string, hand: Hand) {
    this.name = name;
    this.#hand = hand;
  }

  elements = (): readonly BoardElement[] => this.#scene;
  isEditing = (): boolean => this.#inHand !== null;
  isLoading = (): boolean => false;
  isTooSmall = (): boolean => false;
  restore = (elements: readonly BoardElement[]): BoardElement[] => elements.map((element) => ({ ...element }));

  reconcile = (remote: readonly BoardElement[]): BoardElement[] => {
    const merged = new Map(this.#scene.map((element) => [element.id, element as BoardElement]));
    for (const element of remote) {
      if (element.id !== this.#inHand && wins(element, merged.get(element.id))) {
        merged.set(element.id, element);
      }
    }
    return [...merged.values()].sort(byIndexThenId);
  };

  show = (elements: readonly BoardElement[]): void => {
    this.#scene = elements.map((element) => element as Loose);
    if (this.#find(this.#inHand) === undefined) {
      this.#inHand = null;
    }
    this.onChange();
  };

  edited = (element: BoardElement, fields: Partial<BoardElement>): BoardElement => ({
    ...element,
    ...fields,
    ...this.#next(element),
  });

  draw(): void {
    this.#lift();
    this.#add({ type: "rectangle", width: 10, height: 10 });
  }

  /** One of its own choice, or this one. */
  move(id?: string): void {
    const wanted = id === undefined ? this.#any() : this.#live().find((element) => element.id === id);
    this.#change(wanted, { x: Math.floor(this.#hand.random() * 1000) });
  }

  remove(): void {
    this.#change(this.#any(), { isDeleted: true });
  }

  /** The pen moves: the stroke in hand grows, or a new one or, at times, an old one begins to. */
  grow(): void {
    const strokes = this.#live().filter((element) => element.type === "freedraw");
    if (this.#inHand === null && strokes.length > 0 && this.#hand.random() < 0.3) {
      const stroke = this.#hand.pick(strokes);
      this.#change(stroke, { lastCommittedPoint: null });
      this.#inHand = stroke.id;
    }
    const stroke = this.#find(this.#inHand);
    if (stroke === undefined || stroke.isDeleted) {
      const begun = { points: [[0, 0]], pressures: [], simulatePressure: true, lastCommittedPoint: null };
      this.#inHand = this.#add({ type: "freedraw", width: 0, height: 0, ...begun }).id;
      return;
    }
    const points = stroke.points as number[][];
    const point = [points.length, Math.floor(this.#hand.random() * 100)];
    Object.assign(stroke, { points: [...points, point], width: points.length, height: point[1] }, this.#next(stroke));
    this.onChange();
  }

  /** The pen is lifted. */
  lift(): void {
    this.#lift();
    this.onChange();
  }

  undo(): void {
    this.#lift();
    const last = this.#undoable.pop();
    const standing = this.#find(last?.id ?? null);
    if (last !== undefined && standing !== undefined) {
      Object.assign(standing, last.before ?? { isDeleted: true }, this.#next(standing));
      this.onChange();
    }
  }

  #lift(): void {
    const stroke = this.#find(this.#inHand);
    this.#inHand = null;
    if (stroke !== undefined) {
      Object.assign(stroke, { lastCommittedPoint: [1, 1] }, this.#next(stroke));
    }
  }

  #live(): Loose[] {
    return this.#scene.filter((element) => !element.isDeleted);
  }

  #any(): Loose | undefined {
    const live = this.#live().filter((element) => element.id !== this.#inHand);
    return live.length === 0 ? undefined : this.#hand.pick(live);
  }

  #find(id: string | null): Loose | undefined {
    return this.#scene.find((element) => element.id === id);
  }

  #add(fields: Partial<BoardElement>): Loose {
    this.#count += 1;
    const element: Loose = {
      id: `${this.name}-${this.#count}`,
      type: "rectangle",
      version: 1,
      versionNonce: this.#nonce(),
      index: `a${this.#hand.pick([...DIGITS])}`,
      isDeleted: false,
      updated: this.#hand.now(),
      x: 0,
      y: 0,
      ...fields,
    };
    this.#scene = [...this.#scene, element].sort(byIndexThenId);
    this.#undoable.push({ id: element.id, before: null });
    this.onChange();
    return element;
  }

  #change(element: Loose | undefined, fields: Partial<BoardElement>): void {
    if (element !== undefined) {
      this.#undoable.push({ id: element.id, before: { ...element } });
      Object.assign(element, fields, this.#next(element));
      this.onChange();
    }
  }

  #next({ version }: Pick<BoardElement, "version">): Partial<BoardElement> {
    return { version: version + 1, versionNonce: this.#nonce(), updated: this.#hand.now() };
  }

  #nonce(): number {
    return Math.floor(this.#hand.random() * 2 ** 31);
  }
}
