/** Who is on the board now, one entry per connection, and what each last showed. */

import type { Member, Move, MoveData } from "./frames.ts";

export interface Present extends Member {
  readonly data: MoveData;
}

export class Roster {
  #present = new Map<string, Present>();

  /** The members as the server lists them when one joins; last moves follow in a frame of their own. */
  joined(members: readonly Member[]): void {
    const before = this.#present;
    this.#present = new Map(
      members.map((member) => [member.connection, { ...member, data: before.get(member.connection)?.data ?? {} }]),
    );
  }

  update(moves: readonly Move[], gone: readonly string[]): void {
    for (const move of moves) {
      const known = this.#present.get(move.connection);
      this.#present.set(move.connection, {
        connection: move.connection,
        user_id: move.user_id,
        name: move.name ?? known?.name ?? "",
        color: move.color ?? known?.color ?? "",
        data: move.data,
      });
    }
    for (const connection of gone) {
      this.#present.delete(connection);
    }
  }

  clear(): void {
    this.#present.clear();
  }

  all(): Present[] {
    return [...this.#present.values()];
  }
}
