// What holds over time: tokens are renewed, sessions time out or outlive their connection, and clients come back after a cut.
import net from "node:net";
import { opcua, args, assert, assertEqual, check, createClient, main, namespaceIndex, userName, withSession } from "./common.mjs";

const { AttributeIds, TimestampsToReturn } = opcua;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until something holds. */
async function until(what, holds, patience = 20000) {
  for (const began = Date.now(); Date.now() - began < patience; await wait(20)) if (await holds()) return;
  throw new Error(`waited ${patience} ms in vain for ${what}`);
}

/** A relay before the server, whose connections can be cut. */
async function relay() {
  const { hostname, port } = new URL(args.url.replace("opc.tcp", "http"));
  const pairs = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    const pair = [near, far];
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", () => {
        near.destroy();
        far.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise((done) => server.listen(0, "localhost", done));
  return {
    url: `opc.tcp://localhost:${server.address().port}`,
    cut: () => pairs.forEach((pair) => pair.forEach((socket) => socket.destroy())),
    connections: () => pairs.size,
    close: () => server.close(),
  };
}

const readState = async (session) => (await session.read({ nodeId: "i=2259", attributeId: 13 })).statusCode.name;

// Long enough that a stall of a busy machine between renewal (at 75 %) and expiry does no harm.
const TokenLifetime = 4000;

async function renewal() {
  const policies = [opcua.SecurityPolicy.Basic256Sha256, opcua.SecurityPolicy.Aes128_Sha256_RsaOaep, opcua.SecurityPolicy.Aes256_Sha256_RsaPss];
  await Promise.all(policies.map((securityPolicy) =>
    check(`a token of ${TokenLifetime} ms is renewed while requests go on (${securityPolicy.split("#")[1]})`, () => withSession(async (session, client) => {
      let renewed = 0;
      client.on("security_token_renewed", () => renewed++);
      let reads = 0;
      const reader = () => until("two renewals", async () => {
        assertEqual(await readState(session), "Good");
        reads++;
        return renewed >= 2;
      });
      await Promise.all(Array.from({ length: 10 }, reader));
      return `${renewed} renewals, ${reads} reads`;
    }, { securityPolicy, defaultSecureTokenLifetime: TokenLifetime }))));
}

async function timeouts() {
  await check("a session that says nothing ends after its timeout", () => withSession(async (session) => {
    assert(session.timeout >= 1000 && session.timeout <= 2000, `the timeout is ${session.timeout} ms`);
    const before = session.sessionId.toString();
    await wait(session.timeout + 2500);
    // The client is told that its session is none any more, and makes itself another.
    assertEqual(await readState(session), "Good");
    assert(session.sessionId.toString() !== before, "it lives on");
  }, { requestedSessionTimeout: 1000, keepSessionAlive: false }));
  await check("a session that is used lives beyond its timeout", () => withSession(async (session) => {
    for (let i = 0; i < 8; i++) {
      await wait(400);
      assertEqual(await readState(session), "Good");
    }
  }, { requestedSessionTimeout: 1000, keepSessionAlive: false }));
}

async function cuts() {
  await check("after a cut the client comes back to its session, and its subscription goes on without a gap", async () => {
    const between = await relay();
    const client = await createClient({ keepSessionAlive: true, connectionStrategy: { maxRetry: 100, initialDelay: 50, maxDelay: 200 } });
    try {
      await client.connect(between.url);
      const session = await client.createSession(userName);
      const before = session.sessionId.toString();
      const ns = await namespaceIndex(session, "urn:opcportal:interop:served");
      const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 100, publishingEnabled: true });
      const item = await subscription.monitor({ nodeId: `ns=${ns};s=Counter`, attributeId: AttributeIds.Value }, { samplingInterval: 0, queueSize: 100 }, TimestampsToReturn.Both);
      const values = [];
      item.on("changed", (value) => values.push(value.value.value));
      await until("the first value", () => values.length > 0);
      between.cut();
      // Another client makes the values change meanwhile.
      await withSession((other) => other.call({ objectId: `ns=${ns};s=Served`, methodId: `ns=${ns};s=Count`, inputArguments: [{ dataType: opcua.DataType.UInt32, value: 5 }] }));
      await until("the values from the time of the cut", () => values.length >= 6);
      assertEqual(values.map((v) => v - values[0]), [0, 1, 2, 3, 4, 5]);
      assertEqual(session.sessionId.toString(), before, "the session");
      assertEqual(await readState(session), "Good");
      await session.close();
    } finally {
      await client.disconnect().catch(() => {});
      between.close();
    }
  });
  await check("a client that is cut while many requests are under way does not trouble another", async () => {
    const between = await relay();
    const client = await createClient();
    await client.connect(between.url);
    const session = await client.createSession(userName);
    await withSession(async (other) => {
      const pending = Array.from({ length: 200 }, () => readState(session).catch((failure) => failure.message));
      between.cut();
      for (let i = 0; i < 20; i++) assertEqual(await readState(other), "Good");
      await Promise.all(pending);
    });
    await client.disconnect().catch(() => {});
    between.close();
  });
}

await main(async () => {
  for (const part of [renewal, timeouts, cuts]) await part();
});
