/** The bulk in the browser's IndexedDB: hundreds of megabytes, off the main thread. */

import type { BoardElement } from "../protocol/element.ts";
import { addressOf, type Bulk } from "./bulk.ts";

const NAME = "doska";
const STORE = "unsaved";
const VERSION = 1;
// After every key that begins with what stands before it.
const LAST = "\uffff";

/** One connection for all boards of a page. It opens when first asked, and again after it was closed. */
export class Database {
  #factory: () => IDBFactory;
  #opened: Promise<IDBDatabase> | null = null;

  /** `factory` may throw: some browsers forbid even to look at it. */
  constructor(factory: () => IDBFactory) {
    this.#factory = factory;
  }

  /** Begins a transaction and ends with it: `run` may ask for what it needs, and answers how to read the result. */
  async transact<T>(mode: IDBTransactionMode, run: (store: IDBObjectStore) => () => T): Promise<T> {
    const database = await this.#connection();
    return new Promise((resolve, reject) => {
      // The copy in localStorage goes when this is done, so done has to mean on the disk: by default a browser says so
      // when the system has the data, and a battery that dies takes it along. It is once a second at most, and nobody
      // waits for it.
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const result = attempted(transaction, run);
      transaction.oncomplete = () => resolve(result());
      transaction.onabort = () => reject(transaction.error ?? new Error("the database gave up a transaction"));
    });
  }

  #connection(): Promise<IDBDatabase> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  /** Never ends while a page of another release keeps its own version open: the journal must do until then. */
  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#factory().open(NAME, VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        const forget = (): void => {
          this.#opened = null;
        };
        // A page of another release waits for us to let go.
        database.onversionchange = () => {
          database.close();
          forget();
        };
        database.onclose = forget;
        resolve(database);
      };
    });
  }
}

/** What was asked before a call that threw would be done otherwise. */
function attempted<T>(transaction: IDBTransaction, run: (store: IDBObjectStore) => () => T): () => T {
  try {
    return run(transaction.objectStore(STORE));
  } catch (error) {
    transaction.abort();
    throw error;
  }
}

/** `scope`: the board and the person. */
export function indexedBulk(database: Database, scope: string): Bulk {
  const at = `${scope}/`;
  return {
    pages: () =>
      database.transact("readonly", (store) => {
        const keys = store.getAllKeys(within(at));
        return () => [...new Set(keys.result.map((key) => String(key).slice(at.length).split("/", 1)[0] as string))];
      }),
    read: (page) =>
      database.transact("readonly", (store) => {
        const found = store.getAll(within(`${at}${page}/`));
        return () => found.result as BoardElement[];
      }),
    put: (page, elements) =>
      database.transact("readwrite", (store) => {
        for (const element of elements) {
          store.put(element, at + addressOf(page, element));
        }
        return () => undefined;
      }),
    drop: (addresses) =>
      database.transact("readwrite", (store) => {
        for (const address of addresses) {
          store.delete(at + address);
        }
        return () => undefined;
      }),
  };
}

/** For a logout: nothing of anybody stays. */
export function clearDatabase(database: Database): Promise<void> {
  return database.transact("readwrite", (store) => {
    store.clear();
    return () => undefined;
  });
}

function within(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, prefix + LAST);
}
