/** Other people's cursors, as elements above the canvas: they move without a repaint of the canvas below. */

import { inkOn } from "../parts/color.ts";
import type { Present } from "../protocol/roster.ts";

interface Place {
  readonly scrollX: number;
  readonly scrollY: number;
  readonly zoom: number;
}

interface Cursor {
  readonly node: HTMLElement;
  readonly label: HTMLElement;
  x: number;
  y: number;
}

const ARROW = "M1 1 L1 14 L4.8 10.6 L7.4 16.4 L9.9 15.3 L7.3 9.6 L12.3 9.2 Z";
const SVG = "http://www.w3.org/2000/svg";

export class CursorLayer {
  #layer: HTMLElement;
  #cursors = new Map<string, Cursor>();
  #place: Place = { scrollX: 0, scrollY: 0, zoom: 1 };

  constructor(layer: HTMLElement) {
    this.#layer = layer;
  }

  show(others: readonly Present[]): void {
    const here = new Set<string>();
    for (const other of others) {
      const pointer = other.data.pointer;
      if (!pointer) {
        continue;
      }
      here.add(other.connection);
      const cursor = this.#cursors.get(other.connection) ?? this.#make(other);
      cursor.label.textContent = other.name;
      cursor.node.style.setProperty("--person", other.color);
      cursor.node.style.setProperty("--on-person", inkOn(other.color));
      cursor.node.dataset.state = other.data.idle ?? "active";
      cursor.node.classList.toggle("is-pressed", other.data.button === "down");
      cursor.x = pointer.x;
      cursor.y = pointer.y;
      this.#put(cursor);
    }
    for (const [connection, cursor] of this.#cursors) {
      if (!here.has(connection)) {
        cursor.node.remove();
        this.#cursors.delete(connection);
      }
    }
  }

  /** The view moved: cursors stay where they are on the board, at once. */
  move(place: Place): void {
    const { scrollX, scrollY, zoom } = this.#place;
    if (place.scrollX === scrollX && place.scrollY === scrollY && place.zoom === zoom) {
      return;
    }
    this.#place = place;
    this.#layer.classList.add("is-still");
    for (const cursor of this.#cursors.values()) {
      this.#put(cursor);
    }
    requestAnimationFrame(() => this.#layer.classList.remove("is-still"));
  }

  #put(cursor: Cursor): void {
    const { scrollX, scrollY, zoom } = this.#place;
    cursor.node.style.transform = `translate(${(cursor.x + scrollX) * zoom}px, ${(cursor.y + scrollY) * zoom}px)`;
  }

  #make(other: Present): Cursor {
    const node = document.createElement("div");
    node.className = "cursor";
    node.dataset.cursor = other.connection;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 14 18");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", ARROW);
    svg.append(path);
    const label = document.createElement("span");
    label.className = "cursor-name";
    node.append(svg, label);
    this.#layer.append(node);
    const cursor = { node, label, x: 0, y: 0 };
    this.#cursors.set(other.connection, cursor);
    return cursor;
  }
}
