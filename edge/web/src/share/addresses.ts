/** Addresses of links made on this page: the server tells each only once. Gone with the page. */

const addresses = new Map<string, string>();

export function rememberAddress(linkId: string, url: string): void {
  addresses.set(linkId, url);
}

export function addressOf(linkId: string): string | null {
  return addresses.get(linkId) ?? null;
}
