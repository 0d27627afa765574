import { beforeEach, expect, test } from "vitest";
import type { BoardElement } from "../../protocol/element.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import type { Picture, Shelf } from "../picture.ts";
import { type Draft, type FileSource, Pictures } from "../pictures.ts";

const FILE = "01980c5e-0031-7a10-8f2e-3c4d5e6f7081";
const OTHER = "01980c5e-0032-7a10-8f2e-3c4d5e6f7081";
const LOCAL = "ab".repeat(20);
const PNG = "data:image/png;base64,AAEC";

function image(fileId: string | null, changes: Partial<BoardElement> = {}): BoardElement {
  return { id: "e", type: "image", version: 1, versionNonce: 1, index: "a0", isDeleted: false, fileId, ...changes };
}

class Passing extends Error {}
class Early extends Error {}

class Server implements FileSource {
  uploads: Draft[] = [];
  fetched: string[] = [];
  answers: (() => Promise<string>)[] = [];
  files = new Map<string, Picture>();
  why: Error = new Error("forbidden");
  isPassing(error: unknown): boolean {
    return error instanceof Passing;
  }
  mayCome(error: unknown): boolean {
    return error instanceof Passing || error instanceof Early;
  }
  upload(draft: Draft, onPart: (share: number) => void): Promise<string> {
    this.uploads.push(draft);
    onPart(0.5);
    return (this.answers.shift() ?? (async () => FILE))();
  }
  async fetch(fileId: string): Promise<Picture> {
    this.fetched.push(fileId);
    const found = this.files.get(fileId);
    if (found === undefined) {
      throw this.why;
    }
    return found;
  }
}

class TestShelf implements Shelf {
  pictures = new Map<string, Picture>();
  get(id: string): Picture | undefined {
    return this.pictures.get(id);
  }
  add(picture: Picture): void {
    this.pictures.set(picture.id, picture);
  }
}

let server: Server;
let clock: FakeClock;
let shelf: TestShelf;
let told: string[];
let pictures: Pictures;

beforeEach(() => {
  server = new Server();
  clock = new FakeClock();
  shelf = new TestShelf();
  told = [];
  pictures = new Pictures(server, clock, {
    onReady: (name, fileId) => told.push(`${name.slice(0, 4)} is ${fileId}`),
    onRefused: (name, error) => told.push(`${name.slice(0, 4)} refused: ${(error as Error).message}`),
  });
  pictures.attach(shelf);
  shelf.add({ id: LOCAL, mimeType: "image/png", dataURL: PNG });
});

async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await Promise.resolve();
  }
}

test("an element waits until its picture is a file of the board, and then has its id", async () => {
  pictures.named(LOCAL, "birds.png");
  expect(pictures.mustWait(image(LOCAL))).toBe(true);

  pictures.take([image(LOCAL), image(LOCAL, { id: "f" })]);
  expect(pictures.store.get()).toEqual({ uploading: 1, percent: 0, waiting: false });
  await settled();

  expect(server.uploads.map(({ name, mime, bytes }) => [name, mime, [...bytes]])).toEqual([
    ["birds.png", "image/png", [0, 1, 2]],
  ]);
  expect(told).toEqual([`abab is ${FILE}`]);
  expect(pictures.mustWait(image(FILE))).toBe(false);
  expect(shelf.get(FILE)?.dataURL).toBe(PNG);
  expect(pictures.store.get().uploading).toBe(0);
});

test("the same picture again, and one that a redo brings back, is not uploaded again", async () => {
  pictures.take([image(LOCAL)]);
  await settled();

  pictures.take([image(LOCAL)]);
  await settled();

  expect(server.uploads).toHaveLength(1);
  expect(told).toEqual([`abab is ${FILE}`, `abab is ${FILE}`]);
});

test("without a network it is tried again, later and later, and at once when it is said to be back", async () => {
  const passing = async (): Promise<string> => {
    throw new Passing();
  };
  server.answers = [passing, passing, passing];
  pictures.take([image(LOCAL)]);
  await settled();
  expect(pictures.store.get()).toEqual({ uploading: 1, percent: 0, waiting: true });

  await clock.pass(1000);
  await settled();
  await clock.pass(1999);
  await settled();
  expect(server.uploads).toHaveLength(2);
  await clock.pass(1);
  await settled();
  expect(server.uploads).toHaveLength(3);
  pictures.wake();
  await settled();

  expect(server.uploads).toHaveLength(4);
  expect(told).toEqual([`abab is ${FILE}`]);
  expect(pictures.store.get()).toEqual({ uploading: 0, percent: 0, waiting: false });
});

test("a refusal is told once and not tried again by itself", async () => {
  server.answers = [
    async () => {
      throw new Error("too large");
    },
  ];

  pictures.take([image(LOCAL)]);
  await settled();

  expect(told).toEqual(["abab refused: too large"]);
  expect(pictures.store.get().uploading).toBe(0);
  expect(server.uploads).toHaveLength(1);
});

test("pictures of others are fetched once and kept for an editor that opens later", async () => {
  const picture = { id: FILE, mimeType: "image/png", dataURL: PNG };
  server.files.set(FILE, picture);
  pictures.detach();

  pictures.note([image(FILE), image(FILE, { id: "f" }), image(LOCAL), image(OTHER, { isDeleted: true })]);
  await settled();
  pictures.note([image(FILE)]);
  await settled();
  shelf = new TestShelf();
  pictures.attach(shelf);

  expect(server.fetched).toEqual([FILE]);
  expect(shelf.get(FILE)).toEqual(picture);
  expect(pictures.mustWait(image(LOCAL))).toBe(false);
});

test("a picture that is asked for a moment too early is asked for again, a few times", async () => {
  server.why = new Early();
  pictures.note([image(FILE), image(OTHER)]);
  await settled();
  server.files.set(FILE, { id: FILE, mimeType: "image/png", dataURL: PNG });

  for (let second = 0; second < 60; second += 1) {
    await clock.pass(1000);
    await settled();
  }

  expect(shelf.get(FILE)?.dataURL).toBe(PNG);
  expect(server.fetched.filter((id) => id === FILE)).toHaveLength(2);
  expect(server.fetched.filter((id) => id === OTHER)).toHaveLength(5);
});

test("what is refused, or did not come, is asked for once more when the network is back", async () => {
  pictures.note([image(FILE)]);
  await settled();
  await clock.pass(60_000);
  await settled();
  expect(server.fetched).toEqual([FILE]);

  pictures.wake();
  server.files.set(FILE, { id: FILE, mimeType: "image/png", dataURL: PNG });
  await settled();
  expect(server.fetched).toEqual([FILE, FILE]);
  expect(shelf.get(FILE)).toBeUndefined();
  pictures.wake();
  await settled();

  expect(shelf.get(FILE)?.dataURL).toBe(PNG);
  pictures.wake();
  expect(server.fetched).toHaveLength(3);
});

test("somebody else on the page finds a picture, without asking for it twice", async () => {
  server.files.set(FILE, { id: FILE, mimeType: "image/png", dataURL: PNG });
  pictures.note([image(FILE)]);

  const found = await Promise.all([FILE, FILE, OTHER, LOCAL, "of-elsewhere"].map((id) => pictures.find(id)));

  expect(found.map((one) => one?.id ?? null)).toEqual([FILE, FILE, null, LOCAL, null]);
  expect(server.fetched).toEqual([FILE, OTHER]);
  const late = pictures.find(OTHER);
  pictures.stop();
  expect(await late).toBeNull();
});

test("a picture pasted from another board becomes a file of this one", async () => {
  server.files.set(OTHER, { id: OTHER, mimeType: "image/png", dataURL: PNG });

  expect(pictures.mustWait(image(OTHER))).toBe(true);
  pictures.take([image(OTHER)]);
  await settled();

  expect(server.fetched).toEqual([OTHER]);
  expect(told).toEqual([`0198 is ${FILE}`]);
});

test("only elements that show a picture wait, and a deleted one does not", () => {
  const others = [image(LOCAL, { isDeleted: true }), { ...image(LOCAL), type: "rectangle" }];

  expect(others.map((element) => pictures.mustWait(element))).toEqual([false, false]);
  expect(pictures.mustWait(image(null))).toBe(true);
});

test("after the board is closed nothing is told any more", async () => {
  pictures.take([image(LOCAL)]);
  pictures.stop();
  await settled();

  expect(told).toEqual([]);
});
