// A sample of the demonstration's matrix (tests/EndToEnd.Tests/Matrix/matrix.md), tried by a client that nobody here wrote. Nothing in the field is moved: what is written has the wrong
// type, what is called too many arguments.
import { createRequire } from "node:module";
import { opcua, args, assertEqual, check, main, withSession } from "./common.mjs";

const types = createRequire(import.meta.url)("node-opcua-types");
const { AttributeIds, DataType, TimestampsToReturn, UserTokenType } = opcua;

/** The status of the first notification: it says whether values are told. */
async function firstStatus(subscription, nodeId) {
  const item = await subscription.monitor({ nodeId, attributeId: AttributeIds.Value }, { samplingInterval: 1000, queueSize: 1 }, TimestampsToReturn.Both);
  return new Promise((done) => item.once("changed", (value) => done(value.statusCode.name)));
}

/** H and X: whether history may be read, and changed. */
async function historyOf(session, nodeId) {
  const epoch = new Date(0);
  const [read] = (await session.historyRead(new types.HistoryReadRequest({
    historyReadDetails: new types.ReadRawModifiedDetails({ startTime: epoch, endTime: new Date(86400000), numValuesPerNode: 1 }), timestampsToReturn: TimestampsToReturn.Source, nodesToRead: [{ nodeId }],
  }))).results;
  const wrong = { value: { dataType: DataType.String, value: "no number" }, sourceTimestamp: new Date(1000) };
  const [changed] = (await session.performMessageTransaction(new types.HistoryUpdateRequest({
    historyUpdateDetails: [new types.UpdateDataDetails({ nodeId, performInsertReplace: types.PerformUpdateType.Insert, updateValues: [wrong] })],
  }))).results;
  return (read.statusCode.name.startsWith("Good") ? "H" : "") + (changed.operationResults?.[0]?.name === "BadTypeMismatch" ? "X" : "");
}

/** The letters BRSWCHX of one probe. */
async function lettersOf(session, subscription, indexes, probe) {
  const at = (id) => opcua.resolveNodeId(`ns=${indexes[probe.owner]};s=${id}`);
  const nodeId = at(probe.node);
  const [name, value] = await session.read([{ nodeId, attributeId: AttributeIds.BrowseName }, { nodeId, attributeId: AttributeIds.Value }]);
  let letters = name.statusCode.name === "Good" ? "B" : "";
  if (letters && value.statusCode.name !== "BadUserAccessDenied") letters += "R";
  if (letters && (await firstStatus(subscription, nodeId)) !== "BadUserAccessDenied") letters += "S";
  const [written] = await session.write([{ nodeId, attributeId: AttributeIds.Value, value: { value: { dataType: DataType.String, value: "no number" } } }]);
  if (written.name === "BadTypeMismatch") letters += "W";
  if (probe.method) {
    const device = probe.node.slice(0, probe.node.lastIndexOf("/"));
    const [called] = await session.call([{ objectId: at(device), methodId: at(`${device}/${probe.method}`), inputArguments: [1, 2, 3].map((value) => ({ dataType: DataType.Int32, value })) }]);
    if (called.statusCode.name === "BadTooManyArguments") letters += "C";
  }
  letters += await historyOf(session, nodeId);
  // What may not be browsed does not exist.
  if (!letters) assertEqual([name, value].map((answer) => answer.statusCode.name), ["BadNodeIdUnknown", "BadNodeIdUnknown"], probe.name);
  return letters;
}

await main(async () => {
  for (const party of args.parties)
    await withSession(async (session) => {
      const uris = await session.readNamespaceArray();
      const indexes = Object.fromEntries(uris.map((uri, index) => [uri, index]));
      const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 0, publishingEnabled: true });
      for (const probe of party.probes)
        await check(`${party.name}: ${probe.name}`, async () => assertEqual(await lettersOf(session, subscription, indexes, probe), probe.expected, "what it may"));
      await subscription.terminate();
    }, { as: party.name, applicationUri: party.applicationUri }, { type: UserTokenType.Anonymous });
});
