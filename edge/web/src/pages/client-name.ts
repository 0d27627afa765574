/** What a program that signed in is called. */

/** The browser and the system out of a user agent, where they can be told. */
export function clientName(client: string | null): string | null {
  if (client === null || client === "") {
    return null;
  }
  const browser = /(Edg|OPR|YaBrowser|Firefox|Chrome|Safari)[A-Za-z]*\//.exec(client)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(client)?.[1];
  const names: Readonly<Record<string, string>> = {
    Edg: "Edge",
    OPR: "Opera",
    YaBrowser: "Yandex",
    "Mac OS X": "macOS",
  };
  const known = [browser, system].filter((part) => part !== undefined).map((part) => names[part] ?? part);
  return known.length > 0 ? known.join(", ") : client.slice(0, 60);
}
