/** A bulk for tests: records that outlive their page, and a disk that is full, fails or does not answer. */

import type { BoardElement } from "../../protocol/element.ts";
import { type Address, addressOf, type Bulk } from "../bulk.ts";

export interface Disk {
  readonly records: Map<Address, BoardElement>;
  state: "fine" | "full" | "broken" | "silent";
  /** Transactions come one after another, whichever page asks. */
  turn?: Promise<unknown>;
}

export class BulkDouble implements Bulk {
  #disk: Disk;
  #wait: () => Promise<boolean>;

  /** `wait`: until the disk has done something, and whether the page died so that nothing of it was done. */
  constructor(disk: Disk, wait: () => Promise<boolean> = async () => false) {
    this.#disk = disk;
    this.#wait = wait;
  }

  async pages(): Promise<string[]> {
    await this.#done();
    return [...new Set([...this.#disk.records.keys()].map((address) => address.split("/", 1)[0] as string))];
  }

  async read(page: string): Promise<BoardElement[]> {
    await this.#done();
    return [...this.#disk.records].filter(([address]) => address.startsWith(`${page}/`)).map(([, element]) => element);
  }

  async put(page: string, elements: readonly BoardElement[]): Promise<void> {
    await this.#done();
    if (this.#disk.state === "full") {
      throw Object.assign(new Error("no room"), { name: "QuotaExceededError" });
    }
    for (const element of elements) {
      this.#disk.records.set(addressOf(page, element), element);
    }
  }

  async drop(addresses: readonly Address[]): Promise<void> {
    await this.#done();
    for (const address of addresses) {
      this.#disk.records.delete(address);
    }
  }

  async #done(): Promise<void> {
    const turn = (this.#disk.turn ?? Promise.resolve()).then(() => this.#wait());
    this.#disk.turn = turn;
    if (await turn) {
      await never;
    }
    if (this.#disk.state === "silent") {
      await never;
    }
    if (this.#disk.state === "broken") {
      throw new Error("the database was closed");
    }
  }
}

const never = new Promise<void>(() => undefined);
