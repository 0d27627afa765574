/** What the server turned out not to have is on no canvas, whenever that is found out. */

import { expect, it } from "vitest";
import { PlainCanvas } from "../../board/tests/stories/plain-canvas.ts";
import type { BoardElement } from "../../protocol/element.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { newer, rectangle } from "../../protocol/tests/person.ts";
import { Scene } from "../scene.ts";

function given() {
  const clock = new FakeClock();
  const drawn: BoardElement[] = [];
  const board = {
    draw: (elements: readonly BoardElement[]) => drawn.push(...elements),
    standing: () => undefined,
    held: () => [],
    isUnsaved: () => false,
  };
  const nobody = { onForeign: () => undefined, onUnsafeLink: () => undefined, onWaiting: () => undefined };
  const scene = new Scene(
    { ...board, draw: (elements) => void board.draw(elements) },
    clock,
    false,
    nobody,
    () => false,
  );
  const canvas = new PlainCanvas("c", clock);
  const place = { x: 0, y: 0, width: 1, height: 1 };
  const begin = async (): Promise<void> => {
    scene.attach(canvas);
    canvas.onChange = () => scene.changed();
    scene.changed();
    await clock.pass(500);
  };
  return { clock, scene, canvas, drawn, begin, element: (id: string) => rectangle(clock, { id, ...place }) };
}

const ids = (canvas: PlainCanvas): string[] => canvas.elements().map(({ id }) => id);

it("While the editor is yet to begin", async () => {
  const { scene, canvas, drawn, begin, element } = given();
  const [ghost, real, late] = [element("ghost"), element("real"), element("late ghost")];
  scene.replace([ghost, real]);
  canvas.show(scene.initial([ghost, real]));
  scene.receive([late]);

  scene.drop(["ghost", "late ghost"]);
  await begin();

  expect(ids(canvas)).toEqual(["real"]);
  expect(drawn).toEqual([]);
});

it("But it is there when it came again after all", async () => {
  const { clock, scene, canvas, begin, element } = given();
  const ghost = element("ghost");
  scene.replace([ghost]);
  canvas.show(scene.initial([ghost]));

  scene.drop(["ghost"]);
  scene.receive([newer(clock, ghost)]);
  await begin();

  expect(canvas.elements().map(({ version }) => version)).toEqual([2]);
});

it("What others erased while a hand still holds it is not sent again", async () => {
  const { clock, scene, canvas, drawn, begin } = given();
  await begin();
  canvas.grow();
  await clock.pass(500);
  const [stroke] = drawn;
  if (stroke === undefined) {
    throw new Error("a stroke is sent when it begins");
  }

  scene.receive([{ ...stroke, version: 9, isDeleted: true }]);
  await clock.pass(500);
  canvas.lift();
  await clock.pass(500);

  expect(drawn).toEqual([stroke]);
  expect(canvas.elements().map(({ isDeleted }) => isDeleted)).toEqual([true]);
});

it("While it waits to be shown", async () => {
  const { clock, scene, canvas, begin, element } = given();
  await begin();
  scene.receive([element("first")]);
  scene.receive([element("ghost")]);

  scene.drop(["ghost"]);
  await clock.pass(500);

  expect(ids(canvas)).toEqual(["first"]);
});
