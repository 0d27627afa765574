/** The version of this client, put in at build time. */
declare const __VERSION__: string;
