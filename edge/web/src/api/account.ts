/** The account of this browser: its access token in memory, its refresh token in a cookie that scripts cannot read. */

import { systemClock } from "../protocol/clock.ts";
import { type Credentials, NoAccess, type Token } from "../protocol/credentials.ts";
import { storage } from "../state/storage.ts";
import { perform, request } from "./http.ts";
import type { SignedIn, User } from "./models.ts";
import { isProblem } from "./problem.ts";

// Only says that a refresh may succeed, so that a first visit asks for nothing that is refused.
const HINT = "doska.session";
const KNOWN = "doska.known";
const LOCK = "doska.refresh";
const SOON = 20_000;

export class Account implements Credentials {
  #token: Token | null = null;
  #renewal: Promise<Token> | null = null;
  #onUser: (user: User | null) => void;
  #onEnded: () => void;

  /** `onEnded`: the session ended by itself or was closed elsewhere, which nobody here asked for. */
  constructor(onUser: (user: User | null) => void, onEnded: () => void = () => undefined) {
    this.#onUser = onUser;
    this.#onEnded = onEnded;
  }

  /** Whether somebody was signed in when this browser last looked. */
  get mayBeSignedIn(): boolean {
    return storage.getItem(HINT) !== null;
  }

  /** Whether anybody ever was. */
  get isKnownHere(): boolean {
    return storage.getItem(KNOWN) !== null;
  }

  async signUp(email: string, password: string, name: string): Promise<void> {
    this.#take(
      await request<SignedIn>({ method: "POST", path: "/api/auth/register", body: { email, password, name } }),
    );
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#take(await request<SignedIn>({ method: "POST", path: "/api/auth/login", body: { email, password } }));
  }

  /** Whoever comes back from a provider has got the cookie of a session that this page does not know of yet. */
  expectSession(): void {
    this.#token = null;
    storage.setItem(HINT, "1");
  }

  /** Links the account that a provider's visitor has here already. */
  async linkToProvider(password: string): Promise<void> {
    this.#take(await request<SignedIn>({ method: "POST", path: "/api/auth/oidc/link", body: { password } }));
  }

  /** Signs in whom the proxy before the server has signed in. */
  async enterByGatekeeper(): Promise<void> {
    this.#take(await request<SignedIn>({ method: "POST", path: "/api/auth/gatekeeper", body: {} }));
  }

  /** Forgets the session here even when the server cannot be told. */
  async signOut(): Promise<void> {
    const token = this.#token?.token ?? null;
    this.#drop();
    if (token !== null) {
      await perform({ method: "POST", path: "/api/auth/logout", body: {}, token }).catch(() => undefined);
    }
  }

  /** The server said that the session is closed: there is nobody to be told. */
  forget(): void {
    this.#drop();
  }

  async current(): Promise<Token> {
    const token = this.#token;
    return token !== null && token.expiresAt - systemClock.now() > SOON ? token : this.renew(token?.token ?? "");
  }

  /** One at a time, in this tab and, where the browser can, over all tabs: a refresh token works once. */
  renew(refused: string): Promise<Token> {
    const token = this.#token;
    if (token !== null && token.token !== refused && token.expiresAt - systemClock.now() > SOON) {
      return Promise.resolve(token);
    }
    this.#renewal ??= this.#locked().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  changed(user: User): void {
    this.#onUser(user);
  }

  async #locked(): Promise<Token> {
    // `locks` exists only where the page came by https or from the own machine.
    const locks = (navigator as { locks?: LockManager }).locks;
    return locks === undefined ? this.#refresh() : await locks.request(LOCK, () => this.#refresh());
  }

  async #refresh(): Promise<Token> {
    if (!this.mayBeSignedIn) {
      this.#drop();
      throw new NoAccess("signed_out");
    }
    try {
      return this.#take(await request<SignedIn>({ method: "POST", path: "/api/auth/refresh", body: {} }));
    } catch (error) {
      if (isProblem(error, "unauthenticated") || isProblem(error, "forbidden")) {
        this.#drop();
        this.#onEnded();
        throw new NoAccess("signed_out");
      }
      throw error;
    }
  }

  #take(answer: SignedIn): Token {
    this.#token = { token: answer.access_token, expiresAt: systemClock.now() + answer.expires_in * 1000 };
    storage.setItem(HINT, "1");
    storage.setItem(KNOWN, "1");
    this.#onUser(answer.user);
    return this.#token;
  }

  #drop(): void {
    this.#token = null;
    storage.removeItem(HINT);
    this.#onUser(null);
  }
}
