/** Requests in the name of whoever holds the credentials: an account or a guest. */

import type { Credentials } from "../protocol/credentials.ts";
import { type Call, type Dated, dated, download, perform, request } from "./http.ts";
import { isProblem } from "./problem.ts";

export class Caller {
  readonly credentials: Credentials;

  constructor(credentials: Credentials) {
    this.credentials = credentials;
  }

  request<T>(call: Call): Promise<T> {
    return this.#authorised((token) => request<T>({ ...call, token }));
  }

  dated<T>(call: Call): Promise<Dated<T>> {
    return this.#authorised((token) => dated<T>({ ...call, token }));
  }

  perform(call: Call): Promise<void> {
    return this.#authorised((token) => perform({ ...call, token }));
  }

  download(call: Call): Promise<Blob> {
    return this.#authorised((token) => download({ ...call, token }));
  }

  /** Once more with a new token when the first was not taken. */
  async #authorised<T>(work: (token: string) => Promise<T>): Promise<T> {
    const { token } = await this.credentials.current();
    try {
      return await work(token);
    } catch (error) {
      if (!isProblem(error, "unauthenticated")) {
        throw error;
      }
      return work((await this.credentials.renew(token)).token);
    }
  }
}
