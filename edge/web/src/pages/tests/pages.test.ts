// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  window.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as never;
});

const { fileName } = await import("../board-actions.ts");
const { clientName } = await import("../client-name.ts");
const { safeNext } = await import("../safe-next.ts");
const { providerFault } = await import("../provider-sign-in.tsx");
const { inkOn } = await import("../../parts/color.ts");
const { initials } = await import("../../parts/avatar.tsx");

describe("After signing in one goes on to", () => {
  it.each([
    ["?next=/b/1", "/b/1"],
    ["?next=%2Fl%23token", "/l#token"],
    ["", "/"],
    ["?next=//evil.example", "/"],
    ["?next=/\\evil.example", "/"],
    ["?next=https://evil.example", "/"],
    ["?next=javascript:alert(1)", "/"],
  ])("%s: %s", (search, next) => {
    expect(safeNext(search)).toBe(next);
  });
});

it.each([
  ["?fault=closed&next=/", "closed"],
  ["?fault=stale", "stale"],
  ["?fault=<script>", null],
  ["", null],
])("%s: the sign-in elsewhere failed with %j", (search, fault) => {
  expect(providerFault(search)).toBe(fault);
});

it.each([
  ["Plan: a/b?", "Plan a b"],
  ["..hidden", "hidden"],
  ["Доска №1", "Доска №1"],
  ["\u0000\n", "board"],
  ["x".repeat(300), "x".repeat(120)],
])("The file of %j is called %j", (title, name) => {
  expect(fileName(title)).toBe(name);
});

it.each([
  ["Anna Petrova", "AP"],
  ["Борис", "Б"],
  ["  ", "?"],
  ["Jean-Luc van Damme", "JD"],
  ["😀 Smile", "😀S"],
])("The initials of %j are %j", (name, letters) => {
  expect(initials(name)).toBe(letters);
});

it.each([
  ["#f08c00", "#1b2621"],
  ["#ffec99", "#1b2621"],
  ["#1971c2", "#ffffff"],
  ["#2f9e44", "#ffffff"],
  ["var(--board)", "#ffffff"],
])("On %s one writes in %s", (color, ink) => {
  expect(inkOn(color)).toBe(ink);
});

it.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    "Chrome, Linux",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1",
    "Safari, iPhone",
  ],
  ["curl/8.0", "curl/8.0"],
  ["", null],
  [null, null],
])("%s is %s", (client, name) => {
  expect(clientName(client)).toBe(name);
});
