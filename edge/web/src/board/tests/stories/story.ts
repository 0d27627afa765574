/** A story: what people do and what goes wrong, as plain steps that can be left out one by one, and how it is played. */

import fc from "fast-check";
import type { BoardElement } from "../../../protocol/element.ts";
import { FakeClock } from "../../../protocol/tests/fake-clock.ts";
import { EdgeModel } from "./edge-model.ts";
import { type State, take } from "./fold.ts";
import { Machine } from "./machine.ts";
import { kept, Tab } from "./tab.ts";

const MACHINES = 3;
const TABS_OF_A_MACHINE = 2;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGINNING = Date.UTC(2026, 0, 1);

const who = fc.nat({ max: 11 });
const machine = fc.nat({ max: MACHINES - 1 });
const arrive = fc.nat({ max: 3 });
const code = fc.constantFrom(null, 1001, 1006, 1012, 4408, 4450);

/** The steps with how often each comes. */
const step = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({ does: fc.constantFrom("draw", "move", "remove", "undo", "lift" as const), who }),
  },
  {
    weight: 16,
    arbitrary: fc.record({ does: fc.constant("grow" as const), who, times: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 26,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      milliseconds: fc.constantFrom(1, 5, 20, 60, 150, 400, 1500, 4000, 12_000, 35_000),
    }),
  },
  { weight: 7, arbitrary: fc.record({ does: fc.constant("cut" as const), who, arrive, code }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("network" as const), machine, isOnline: fc.boolean(), code }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("restart" as const), code: fc.constantFrom(1001, 1012, 4401) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("stall" as const),
      milliseconds: fc.constantFrom(300, 3000, 7000, 14_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("refuse" as const),
      ops: fc.nat({ max: 3 }),
      reads: fc.nat({ max: 2 }),
      code: fc.constantFrom("unavailable" as const, "rate_limited" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("slow" as const), who, milliseconds: fc.constantFrom(500, 5000, 15_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("close" as const), who, how: fc.constantFrom("page", "board", "kill") }),
  },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("open" as const), machine }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("storage" as const), machine, isFull: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("database" as const),
      machine,
      state: fc.constantFrom("fine" as const, "full" as const, "broken" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("sleep" as const), machine }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("wake" as const), machine }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("night" as const),
      milliseconds: fc.constantFrom(2 * MINUTE, HOUR, 9 * HOUR, 7 * DAY),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("clock" as const),
      machine,
      ahead: fc.constantFrom(0, 3_000, -3_000, 100_000, -100_000, 5 * HOUR, -5 * HOUR, 40 * DAY),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("away" as const),
      who,
      milliseconds: fc.constantFrom(50, 40_000),
      editsFirst: fc.boolean(),
      othersStay: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("reset" as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("repeat" as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("rename" as const), again: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("program" as const), what: fc.constantFrom("draw", "remove", "move") }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("points" as const), taken: fc.boolean() }) },
);

export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export const stories = fc.record({
  chance: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  steps: fc.array(step, { minLength: 1, maxLength: 120, size: "max" }),
});

export type Story = { readonly chance: number; readonly steps: readonly Step[] };

class Play {
  readonly world: FakeClock;
  readonly edge: EdgeModel;
  readonly machines: readonly Machine[];
  tabs: Tab[] = [];
  readonly faults: string[] = [];
  #opened = 0;

  constructor(chance: number) {
    this.world = new FakeClock(chance);
    this.world.leap(BEGINNING);
    this.edge = new EdgeModel(this.world);
    this.machines = Array.from({ length: MACHINES }, (_, n) => new Machine(`m${n}`, this.world));
  }

  open(machine: Machine, atMost = TABS_OF_A_MACHINE): void {
    if (!machine.isAsleep && this.tabs.filter((tab) => tab.machine === machine).length < atMost) {
      this.#opened += 1;
      this.tabs.push(new Tab(`t${String(this.#opened).padStart(3, "0")}`, machine, this.edge));
    }
  }

  async step(step: Step): Promise<void> {
    switch (step.does) {
      case "wait":
        await this.world.pass(step.milliseconds);
        return;
      case "draw":
      case "move":
      case "remove":
      case "undo":
      case "lift":
        this.#awake(step.who)?.canvas[step.does]();
        return;
      case "grow":
        for (let n = 0; n < step.times; n += 1) {
          this.#awake(step.who)?.canvas.grow();
        }
        return;
      case "cut":
        this.#tab(step.who)?.wire?.cut(step);
        return;
      case "restart":
        for (const wire of [...this.edge.wires].filter(({ greeted }) => greeted)) {
          wire.cut({ arrive: 0, code: step.code });
        }
        return;
      case "network":
        this.#network(step);
        return;
      case "stall":
        this.edge.stall(step.milliseconds);
        return;
      case "refuse":
        this.edge.refusing = step;
        return;
      case "slow":
        this.#tab(step.who)?.wire?.slow(step.milliseconds);
        return;
      case "close":
        this.#close(step);
        return;
      case "open":
        this.open(this.machines[step.machine] as Machine);
        return;
      case "storage":
        this.machines[step.machine]?.fill(step.isFull);
        return;
      case "database":
        (this.machines[step.machine] as Machine).disk.state = step.state;
        return;
      case "sleep":
        this.machines[step.machine]?.sleep();
        this.edge.missSleepers();
        return;
      case "wake":
        this.machines[step.machine]?.wake();
        return;
      case "night":
        await this.#night(step.milliseconds);
        return;
      case "clock":
        (this.machines[step.machine] as Machine).ahead = step.ahead;
        return;
      case "away":
        await this.#away(step);
        return;
      case "reset":
        this.edge.room.reset();
        return;
      case "repeat":
        this.edge.room.repeat(step.count);
        return;
      case "rename":
        this.edge.room.rename(step.again);
        return;
      case "program":
        this.#program(step.what);
        return;
      case "points":
        this.edge.takesAppends = step.taken;
    }
  }

  #tab(number: number): Tab | undefined {
    return this.tabs[number % this.tabs.length];
  }

  #awake(number: number): Tab | undefined {
    const tab = this.#tab(number);
    return tab?.isReady && !tab.machine.isAsleep ? tab : undefined;
  }

  #network({ machine: number, isOnline, code }: Step & { does: "network" }): void {
    const machine = this.machines[number] as Machine;
    machine.isOnline = isOnline;
    for (const wire of isOnline ? [] : [...this.edge.wires].filter((each) => each.machine === machine)) {
      wire.cut({ arrive: Math.floor(this.world.random() * 4), code });
    }
    for (const tab of this.tabs.filter((each) => each.machine === machine && !machine.isAsleep)) {
      tab.wake();
    }
  }

  #close({ who: number, how }: Step & { does: "close" }): void {
    const tab = this.#tab(number);
    if (tab === undefined || (how !== "kill" && tab.machine.isAsleep)) {
      return;
    }
    if (how === "kill") {
      tab.kill();
    } else {
      tab.close(how as "page" | "board");
    }
    this.faults.push(...tab.faults);
    this.tabs = this.tabs.filter((other) => other !== tab);
  }

  /** Everybody's lid is closed for so long. */
  async #night(milliseconds: number): Promise<void> {
    for (const machine of this.machines) {
      machine.sleep();
    }
    this.edge.missSleepers(0);
    await this.world.pass(1);
    this.world.leap(milliseconds);
    this.edge.note(milliseconds >= DAY ? "a week" : "a night");
    for (const machine of this.machines) {
      machine.wake();
    }
    await this.world.pass(1);
  }

  /** Somebody edits, away, what is erased meanwhile; others open the board before he is back, and know of neither. */
  async #away({ who: number, milliseconds, editsFirst, othersStay }: Step & { does: "away" }): Promise<void> {
    const tab = this.#awake(number);
    const id = this.#program("remove");
    if (tab === undefined || id === null) {
      return;
    }
    const edit = (): void => tab.canvas.move(id);
    this.#network({ does: "network", machine: this.machines.indexOf(tab.machine), isOnline: false, code: 1006 });
    if (editsFirst) {
      edit();
    }
    await this.world.pass(60);
    for (const machine of othersStay ? [] : this.machines) {
      this.open(machine, TABS_OF_A_MACHINE + 1);
    }
    await this.world.pass(milliseconds);
    if (!editsFirst) {
      edit();
    }
    this.#network({ does: "network", machine: this.machines.indexOf(tab.machine), isOnline: true, code: null });
  }

  /** Over REST, with no connection; the id of what it changed. */
  #program(what: string): string | null {
    const standing = [...this.edge.state.values()].filter((element) => !element.isDeleted);
    const other = standing.length === 0 || what === "draw" ? null : this.world.pick(standing);
    const nonce = { versionNonce: Math.floor(this.world.random() * 2 ** 31), updated: this.world.now() };
    const element: BoardElement =
      other === null
        ? { ...blank(`p-${this.edge.log.length}`), ...nonce }
        : { ...other, ...nonce, version: other.version + 3, ...(what === "remove" ? { isDeleted: true } : { x: 5 }) };
    this.edge.append({ draw: [element] }, { clientId: null, connection: null });
    return other === null ? null : other.id;
  }

  /** Everything is mended, everybody is here again, and some time goes by. */
  async end(): Promise<void> {
    this.edge.flow();
    this.edge.refusing = { ops: 0, reads: 0, code: "unavailable" };
    for (const machine of this.machines) {
      machine.isOnline = true;
      machine.fill(false);
      machine.disk.state = "fine";
      machine.wake();
      // What a tab that died left behind is the next one's.
      this.open(machine, TABS_OF_A_MACHINE + 1);
    }
    await this.world.pass(8_000);
    for (const tab of this.tabs) {
      tab.canvas.lift();
    }
    await this.world.pass(100_000);
    this.#judge();
  }

  #judge(): void {
    const folded: State = new Map();
    for (const { op } of this.edge.log) {
      take(op, folded);
    }
    const wanted = picture(folded.values());
    for (const tab of this.tabs) {
      const { phase, unsaved } = tab.client.state;
      const name = tab.canvas.name;
      this.faults.push(...tab.faults);
      if (phase.name !== "live" || unsaved !== 0) {
        this.faults.push(`${name} is ${phase.name} with ${unsaved} unsaved`);
      }
      this.faults.push(...tab.unsafe().map((each) => `${name} was given ${each}, and it is not in the log`));
      this.#compare(`the canvas of ${name}`, picture(tab.canvas.elements()), wanted);
      this.#compare(`the replica of ${name}`, picture(tab.client.held()), wanted);
    }
    for (const machine of this.machines) {
      this.faults.push(...kept(machine).map(({ id }) => `${id} is still kept on ${machine.name}`));
    }
    this.faults.push(...this.edge.conduct.faults);
  }

  #compare(name: string, found: ReadonlySet<string>, wanted: ReadonlySet<string>): void {
    const missing = [...wanted].filter((each) => !found.has(each));
    const more = [...found].filter((each) => !wanted.has(each));
    if (missing.length + more.length > 0) {
      this.faults.push(`${name} lacks [${missing.join(", ")}] and has [${more.join(", ")}]`);
    }
  }
}

/** What a person sees of a board: states, and of a stroke every point. */
function picture(elements: Iterable<BoardElement>): Set<string> {
  return new Set(
    [...elements]
      .filter((element) => !element.isDeleted)
      .map(
        ({ id, version, versionNonce, x, points }) => `${id} ${version}:${versionNonce} ${x} ${JSON.stringify(points)}`,
      ),
  );
}

function blank(id: string): BoardElement {
  const place = { x: 0, y: 0, width: 10, height: 10 };
  return { id, type: "rectangle", version: 1, versionNonce: 0, index: "a5", isDeleted: false, ...place };
}

/** Plays a story to its end; what was found wrong, and what happened on the way. */
export async function play({ chance, steps }: Story): Promise<{ faults: string[]; seen: ReadonlyMap<string, number> }> {
  const told = new Play(chance);
  for (const machine of told.machines) {
    told.open(machine);
  }
  await told.world.pass(1_000);
  for (const step of steps) {
    await told.step(step);
    await told.world.pass(told.world.random() < 0.5 ? 0 : 20);
  }
  await told.end();
  return { faults: told.faults, seen: told.edge.seen };
}
