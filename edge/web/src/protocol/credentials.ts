/** Where a connection gets its token from. */

export interface Token {
  readonly token: string;
  /** By the client's own clock, reckoned from `expires_in` at receipt: the two clocks need not agree. */
  readonly expiresAt: number;
}

export interface Credentials {
  /** A token that is good now; a new one when the old is about to end. */
  current(): Promise<Token>;
  /** A new token, because the server did not take `refused` or because it ends soon. */
  renew(refused: string): Promise<Token>;
}

/** There is no token to be had: `signed_out` wants a login, `gone` a new link, `password` the link's password again. */
export class NoAccess extends Error {
  readonly reason: "signed_out" | "gone" | "password";

  constructor(reason: NoAccess["reason"]) {
    super(`No access: ${reason}`);
    this.name = "NoAccess";
    this.reason = reason;
  }
}
