/** Other people as the editor knows them: for their selections and lasers; their cursors are our own. */

import type { Present } from "../protocol/roster.ts";
import type { Collaborator, SocketId } from "./package.ts";

// The editor makes a colour of the hash of an id, in 37 steps of 10 degrees. The id is ours to choose.
const HUES = 37;
const DEGREES = 10;

function hash(id: string): number {
  let value = 0;
  for (let position = 0; position < id.length; position += 1) {
    value = (value << 5) - value + id.charCodeAt(position);
  }
  return Math.abs(value);
}

/** The hue of `#rrggbb`, in degrees. */
export function hueOf(color: string): number {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (match === null) {
    return 0;
  }
  const [red, green, blue] = match.slice(1).map((part) => Number.parseInt(part, 16) / 255) as [number, number, number];
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (span === 0) {
    return 0;
  }
  const sixth =
    most === red
      ? ((green - blue) / span + 6) % 6
      : most === green
        ? (blue - red) / span + 2
        : (red - green) / span + 4;
  return sixth * 60;
}

/** An id of this person of which the editor makes a colour near to their own. */
export function coloredId(userId: string, color: string): string {
  const wanted = Math.round(hueOf(color) / DEGREES) % HUES;
  for (let suffix = 0; suffix < HUES * HUES; suffix += 1) {
    const id = `${userId}~${suffix}`;
    if (hash(id) % HUES === wanted) {
      return id;
    }
  }
  return userId;
}

export function collaboratorsOf(others: readonly Present[], ids: Map<string, string>): Map<SocketId, Collaborator> {
  return new Map(
    others.map((other): [SocketId, Collaborator] => {
      const { pointer, button, selection, idle } = other.data;
      const key = `${other.user_id}${other.color}`;
      const id = ids.get(key) ?? coloredId(other.user_id, other.color);
      ids.set(key, id);
      const laser = pointer?.tool === "laser" ? { x: pointer.x, y: pointer.y, tool: "laser" as const } : null;
      return [
        other.connection as SocketId,
        {
          id,
          socketId: other.connection as SocketId,
          username: other.name,
          ...(laser === null
            ? {}
            : { pointer: { ...laser, renderCursor: false, laserColor: other.color }, button: button ?? "up" }),
          selectedElementIds: Object.fromEntries((selection ?? []).map((elementId) => [elementId, true as const])),
          userState: (idle ?? "active") as NonNullable<Collaborator["userState"]>,
        },
      ];
    }),
  );
}
