/** Which links and embeds the server takes. The server decides; this spares the user a refusal. */

// The rule of the element schema, to the letter: other schemes, entity- or percent-encoded ones and `//host` are refused.
const LINK =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
  /^(?:|(?:[Hh][Tt][Tt][Pp][Ss]?:\/\/|[Mm][Aa][Ii][Ll][Tt][Oo]:|[Tt][Ee][Ll]:)[^\x00-\x1f\x7f]+|\/(?![/\\])[^\x00-\x1f\x7f]*|(?![^/?#]*(?:&#|&[A-Za-z]+;|%[0-9A-Fa-f]{2}))[^\x00-\x20\x7f:/?#\\][^\x00-\x1f\x7f:/?#\\]*(?:[/?#][^\x00-\x1f\x7f]*)?|(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+):[0-9]{1,5}(?:[/?#][^\x00-\x1f\x7f]*)?|#[^\x00-\x1f\x7f]*)$/;
const LINK_CHARACTERS = 2048;

export function linkIsSafe(link: string): boolean {
  return link.length <= LINK_CHARACTERS && LINK.test(link);
}

/** Whether an embed may be shown: https (scheme-less reads as https) and a host of the list (`*.x` covers x's subdomains). */
export function embedIsAllowed(link: string, hosts: readonly string[]): boolean {
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(link) ? link : `https://${link}`);
  } catch {
    return false;
  }
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") {
    return false;
  }
  const host = url.hostname.toLowerCase();
  return hosts.some((entry) => {
    const wanted = entry.toLowerCase();
    return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
  });
}
