// Discovery, and a session over every policy, mode and kind of token that the server offers; and none over what it does not.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { opcua, args, assert, assertEqual, certificate, check, createClient, main, userName, withSession } from "./common.mjs";

const { MessageSecurityMode, SecurityPolicy, UserTokenType } = opcua;
const policies = [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss];
const modes = [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt];
const shortName = (uri) => uri.slice(uri.lastIndexOf("#") + 1);

const userCertificate = (name) => ({
  type: UserTokenType.Certificate,
  certificateData: new X509Certificate(readFileSync(certificate(name).certificateFile)).raw,
  privateKey: readFileSync(certificate(name).privateKeyFile, "utf8"),
});

const tokens = { anonymous: { type: UserTokenType.Anonymous }, userName, certificate: userCertificate("user") };

async function readState(session) {
  const value = await session.read({ nodeId: "i=2259", attributeId: opcua.AttributeIds.Value });
  assertEqual(value.statusCode.name, "Good", "status");
  assertEqual(value.value.value, 0, "ServerState");
}

/** The session must not come to be. */
async function refused(options, user) {
  try {
    await withSession(readState, options, user);
  } catch (failure) {
    return failure.message.split("\n")[0];
  }
  throw new Error("it was accepted");
}

async function discovery() {
  const client = await createClient({ securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None });
  await client.connect(args.url);
  const endpoints = await client.getEndpoints();
  await check("GetEndpoints: every policy and mode", () => {
    const offered = endpoints.map((e) => `${shortName(e.securityPolicyUri)}/${MessageSecurityMode[e.securityMode]}`).sort();
    const expected = policies.flatMap((p) => modes.map((m) => `${shortName(p)}/${MessageSecurityMode[m]}`));
    if (args.isOpen) expected.push("None/None");
    assertEqual(offered, expected.sort(), "endpoints");
  });
  await check("GetEndpoints: the URL is the one that the client used", () => endpoints.forEach((e) => assertEqual(e.endpointUrl, args.url)));
  await check("GetEndpoints: PolicyIds are unique in an endpoint", () => {
    for (const e of endpoints) {
      const ids = e.userIdentityTokens.map((t) => t.policyId);
      assertEqual(new Set(ids).size, ids.length, "unique PolicyIds");
    }
  });
  await check("GetEndpoints: another transport's profile gives none", async () => {
    assertEqual((await client.getEndpoints({ profileUris: ["http://opcfoundation.org/UA-Profile/Transport/https-uabinary"] })).length, 0);
  });
  await check("FindServers: the server itself", async () => {
    const servers = await client.findServers();
    assertEqual(servers.length, 1);
    assertEqual(servers[0].applicationType, opcua.ApplicationType.Server);
    assertEqual(endpoints[0].server.applicationUri, servers[0].applicationUri);
  });
  await check("FindServers: filtered by a ServerUri that is not ours", async () => assertEqual((await client.findServers({ serverUris: ["urn:somebody:else"] })).length, 0));
  await client.disconnect();
}

async function sessions() {
  const ways = policies.flatMap((securityPolicy) => modes.map((securityMode) => ({ securityPolicy, securityMode })));
  if (args.isOpen) ways.push({ securityPolicy: SecurityPolicy.None, securityMode: MessageSecurityMode.None });
  for (const way of ways) {
    const name = `${shortName(way.securityPolicy)}/${MessageSecurityMode[way.securityMode]}`;
    for (const [kind, user] of Object.entries(tokens)) {
      if (kind === "anonymous" && !args.isOpen) {
        await check(`${name}/${kind} is refused`, () => refused(way, user));
        continue;
      }
      await check(`${name}/${kind}`, () => withSession(readState, way, user));
    }
  }
}

async function refusals() {
  if (!args.isOpen)
    await check("None is for discovery alone", () => refused({ securityPolicy: SecurityPolicy.None, securityMode: MessageSecurityMode.None }, tokens.userName));
  await check("a wrong password is refused", async () => {
    const reason = await refused({}, { ...userName, password: "wrong" });
    assert(/BadIdentityTokenRejected|BadUserAccessDenied|BadIdentityTokenInvalid/.test(reason), reason);
  });
  await check("an unknown user gets the same refusal", async () => {
    const known = await refused({}, { ...userName, password: "wrong" });
    assertEqual(await refused({}, { ...userName, userName: "nobody" }), known, "reason");
  });
  await check("an unknown user's certificate is refused", () => refused({}, userCertificate("unknown-user")));
}

await main(async () => {
  await discovery();
  await sessions();
  await refusals();
});
