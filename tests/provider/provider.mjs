// A real OpenID Connect provider on the loopback, told by its standard input what to be; it answers each line with one.
// {"redirect_uris": [...], "logout_uri": "...", "accounts": {"ada": {"email": "...", ...}}, "new_key": true}
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const told = { redirect_uris: [`${issuer}/nowhere`], accounts: {} };
let key = await newKey();
let handle = serve();

async function newKey() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function serve() {
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: "doska",
        client_secret: "a secret: with/odd %characters",
        redirect_uris: told.redirect_uris,
        post_logout_redirect_uris: [`${issuer}/bye`],
        ...(told.logout_uri
          ? { backchannel_logout_uri: told.logout_uri, backchannel_logout_session_required: true }
          : {}),
      },
    ],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
    cookies: { keys: ["tests"] },
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    // Its own guard refuses every address of this machine.
    fetch: (url, { dispatcher: _guard, ...options }) => fetch(url, options),
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...told.accounts[sub] }) }),
  });
  provider.on("server_error", (_context, error) => console.error(error));
  provider.on("backchannel.error", (_context, error) => console.error(error));
  return provider.callback();
}

createServer((request, response) => handle(request, response)).listen(port, "127.0.0.1", () => console.log("ready"));
createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { new_key: another, ...rest } = JSON.parse(line);
    Object.assign(told, rest);
    key = another ? await newKey() : key;
    handle = serve();
    console.log("done");
  })
  .on("close", () => process.exit(0));
