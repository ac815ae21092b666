// Clients' certificates, good and bad: who gets in, who is refused and how; the test looks afterwards at what the server keeps as rejected.
import { opcua, args, assert, check, createClient, main, userName, withSession } from "./common.mjs";

const { MessageSecurityMode, SecurityPolicy } = opcua;

async function getsIn(as) {
  return withSession(async (session) => {
    const state = await session.read({ nodeId: "i=2259", attributeId: 13 });
    assert(state.statusCode.name === "Good", state.statusCode.name);
  }, { as });
}

async function isRefused(as, expected) {
  const client = await createClient({ as });
  // Left alone it says whatever its certificate says.
  client._getApplicationUri = () => args.applicationUri;
  try {
    await client.connect(args.url);
    const session = await client.createSession(userName);
    await session.close();
  } catch (failure) {
    const reason = failure.message.split("\n")[0];
    if (expected) assert(expected.test(reason), reason);
    return reason;
  } finally {
    await client.disconnect().catch(() => {});
  }
  throw new Error("it was accepted");
}

await main(async () => {
  await check("a trusted certificate", () => getsIn("trusted"));
  await check("one that a trusted authority issued", () => getsIn("issued"));
  await check("an untrusted one is refused", () => isRefused("untrusted"));
  await check("an expired one is refused though it is trusted", () => isRefused("expired"));
  await check("a revoked one is refused", () => isRefused("revoked"));
  // Part 4 6.1.3: the ApplicationUri of CreateSession must be the certificate's.
  await check("one with another ApplicationUri than the client says is refused", () => isRefused("wrong-uri", /BadCertificateUriInvalid/));
  await check("after all that a trusted one still gets in", () => getsIn("trusted"));
  await check("discovery needs no certificate that is trusted", async () => {
    const client = await createClient({ as: "untrusted", securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None });
    await client.connect(args.url);
    assert((await client.getEndpoints()).length > 0, "no endpoints");
    await client.disconnect();
  });
});
