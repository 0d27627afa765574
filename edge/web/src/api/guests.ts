/** Guests: who came by a link keeps the token of it, and so stays himself when he comes again. */

import { systemClock } from "../protocol/clock.ts";
import { type Credentials, NoAccess, type Token } from "../protocol/credentials.ts";
import { storage } from "../state/storage.ts";
import { request } from "./http.ts";
import type { OpenedLink } from "./models.ts";
import { isProblem } from "./problem.ts";

const PREFIX = "doska.guest.";
const SOON = 20_000;

export interface Guest {
  readonly boardId: string;
  /** The token of the link. */
  readonly link: string;
  readonly name: string;
  readonly token: Token;
}

/** The guest of this browser on a board. */
export function guestOf(boardId: string): Guest | null {
  return parsed(storage.getItem(PREFIX + boardId));
}

/** The guest who came by this link before. */
export function guestBy(link: string): Guest | null {
  for (let position = 0; position < storage.length; position += 1) {
    const key = storage.key(position);
    const guest = key?.startsWith(PREFIX) ? parsed(storage.getItem(key)) : null;
    if (guest?.link === link) {
      return guest;
    }
  }
  return null;
}

export function forgetGuest(boardId: string): void {
  storage.removeItem(PREFIX + boardId);
}

function parsed(text: string | null): Guest | null {
  try {
    return text === null ? null : (JSON.parse(text) as Guest);
  } catch {
    return null;
  }
}

function path(link: string): string {
  return `/api/links/${encodeURIComponent(link)}/open`;
}

/** Opens a link without an account; `name` may be left out by somebody who was here before. */
export async function openAsGuest(link: string, name: string | null, password: string | null): Promise<Guest> {
  const before = guestBy(link);
  const body = { ...(name === null ? {} : { name }), ...(password === null ? {} : { password }) };
  const open = (token: string | null): Promise<OpenedLink> =>
    request<OpenedLink>({ method: "POST", path: path(link), body, token });
  let opened: OpenedLink;
  try {
    opened = await open(before?.token.token ?? null);
  } catch (error) {
    if (before === null || !isProblem(error, "unauthenticated")) {
      throw error;
    }
    opened = await open(null);
  }
  const guest: Guest = {
    boardId: opened.board_id,
    link,
    name: name ?? before?.name ?? "",
    token: { token: opened.access_token, expiresAt: systemClock.now() + opened.expires_in * 1000 },
  };
  storage.setItem(PREFIX + guest.boardId, JSON.stringify(guest));
  if (password !== null) {
    passwords.set(link, password);
  }
  return guest;
}

/** Opens a link as the account whose token this is: the account gets the link's role. */
export function openAsAccount(link: string, token: string, password: string | null): Promise<OpenedLink> {
  const body = password === null ? {} : { password };
  return request<OpenedLink>({ method: "POST", path: path(link), body, token });
}

// In memory only: renewing a token of a protected link needs its password again.
const passwords = new Map<string, string>();

/** A guest's token; renewed by opening the link again, as the same guest. */
export class GuestCredentials implements Credentials {
  #guest: Guest;
  #renewal: Promise<Token> | null = null;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  async current(): Promise<Token> {
    const { token } = this.#guest;
    return token.expiresAt - systemClock.now() > SOON ? token : this.renew(token.token);
  }

  renew(refused: string): Promise<Token> {
    const { token } = this.#guest;
    if (token.token !== refused && token.expiresAt - systemClock.now() > SOON) {
      return Promise.resolve(token);
    }
    this.#renewal ??= this.#open().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #open(): Promise<Token> {
    const { link } = this.#guest;
    try {
      this.#guest = await openAsGuest(link, null, passwords.get(link) ?? null);
      return this.#guest.token;
    } catch (error) {
      if (isProblem(error, "gone") || isProblem(error, "not_found")) {
        throw new NoAccess("gone");
      }
      if (isProblem(error, "forbidden")) {
        throw new NoAccess("password");
      }
      throw error;
    }
  }
}
