import { describe, expect, it } from "vitest";
import { fold } from "../merge.ts";
import { mergeVectors } from "./schema-files.ts";

describe("The merge rule gives what the shared vectors say", () => {
  const vectors = mergeVectors();

  it("and there are vectors", () => {
    expect(vectors.length).toBeGreaterThan(5);
  });

  it.each(vectors.map((vector) => [vector.why, vector] as const))("%s", (_, vector) => {
    const state = fold(vector.log);

    expect(Object.fromEntries([...state].map(([id, element]) => [id, element.tag]))).toEqual(vector.state);
  });
});
