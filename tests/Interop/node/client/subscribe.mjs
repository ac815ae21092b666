// Subscriptions as node-opcua's client makes them, and by raw requests what its client would do by itself: data, events, deadbands, overflow, triggering, republish, transfer.
import { opcua, assert, assertEqual, check, main, namespaceIndex, report, withSession } from "./common.mjs";

const { AttributeIds, DataType, MonitoringMode, NodeClass, StatusCodes, TimestampsToReturn, Variant } = opcua;

let session;
let ns;
const id = (name) => `ns=${ns};s=${name}`;

async function send(request, on = session) {
  try {
    return await on.performMessageTransaction(request);
  } catch (failure) {
    const status = failure.response?.responseHeader?.serviceResult?.name ?? /(Bad|Good)[A-Za-z]+/.exec(failure.message)?.[0];
    assert(status, failure.message);
    return { fault: status };
  }
}

async function subscribe(more = {}, on = session) {
  const { subscriptionId, ...revised } = await send(
    new opcua.CreateSubscriptionRequest({ requestedPublishingInterval: 50, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 0, ...more }), on);
  assert(subscriptionId > 0, "no subscription");
  return { subscriptionId, ...revised };
}

const item = (nodeId, parameters = {}, more = {}) => ({
  itemToMonitor: { nodeId, attributeId: AttributeIds.Value }, monitoringMode: MonitoringMode.Reporting,
  requestedParameters: { clientHandle: 1, samplingInterval: 0, queueSize: 10, discardOldest: true, ...parameters }, ...more,
});

async function monitor(subscriptionId, ...itemsToCreate) {
  const answer = await send(new opcua.CreateMonitoredItemsRequest({ subscriptionId, timestampsToReturn: TimestampsToReturn.Both, itemsToCreate }));
  return answer.results ?? answer;
}

const publish = (acks = [], on = session) => send(new opcua.PublishRequest({ subscriptionAcknowledgements: acks }), on);
const dataOf = (answer) => (answer.notificationMessage.notificationData ?? []).filter((d) => d instanceof opcua.DataChangeNotification).flatMap((d) => d.monitoredItems);
const eventsOf = (answer) => (answer.notificationMessage.notificationData ?? []).filter((d) => d instanceof opcua.EventNotificationList).flatMap((d) => d.events);

const call = (name, ...inputArguments) => session.call({ objectId: id("Served"), methodId: id(name), inputArguments });
const count = (times) => call("Count", { dataType: DataType.UInt32, value: times });
const setpoint = (value) => session.write({ nodeId: id("Setpoint"), attributeId: 13, value: { value: { dataType: DataType.Double, value } } });

/** A subscription for one check, deleted after it. */
async function within(more, run) {
  const subscription = await subscribe(more);
  try {
    return await run(subscription);
  } finally {
    await send(new opcua.DeleteSubscriptionsRequest({ subscriptionIds: [subscription.subscriptionId] }));
  }
}

async function dataItems() {
  await check("the revised values are within what the server allows", () => within({ requestedPublishingInterval: 0, requestedMaxKeepAliveCount: 0, requestedLifetimeCount: 0 }, (s) => {
    assert(s.revisedPublishingInterval > 0 && s.revisedMaxKeepAliveCount > 0 && s.revisedLifetimeCount >= 3 * s.revisedMaxKeepAliveCount, JSON.stringify(s));
  }));
  await check("the first publish brings the initial value", () => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("ScalarInt32"), { clientHandle: 7 }));
    const answer = await publish();
    assertEqual(dataOf(answer).map((n) => [n.clientHandle, n.value.value.value]), [[7, -2147483648]]);
    assertEqual(answer.notificationMessage.sequenceNumber, 1, "SequenceNumber");
  }));
  await check("values follow in order and a change that there is not is none", () => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("Counter")));
    const [{ value: first }] = dataOf(await publish());
    await count(3);
    const values = dataOf(await publish()).map((n) => n.value.value.value - first.value.value);
    assertEqual(values, [1, 2, 3]);
  }));
  await check("a keep-alive has the next sequence number and no data", () => within({ requestedMaxKeepAliveCount: 3 }, async ({ subscriptionId, revisedPublishingInterval, revisedMaxKeepAliveCount }) => {
    const first = await publish();
    const began = Date.now();
    const second = await publish();
    const waited = Date.now() - began;
    assertEqual([first, second].map((a) => [a.notificationMessage.sequenceNumber, a.notificationMessage.notificationData?.length ?? 0, a.subscriptionId === subscriptionId]), [[1, 0, true], [1, 0, true]]);
    const expected = revisedPublishingInterval * revisedMaxKeepAliveCount;
    assert(waited > expected * 0.5, `the second came after ${waited} ms, not ${expected}`);
  }));
  await check("an unknown node, an unknown attribute, a bad deadband: each item's own status", () => within({}, async ({ subscriptionId }) => {
    const results = await monitor(subscriptionId,
      item(id("Nowhere")),
      item(id("ScalarInt32"), {}, { itemToMonitor: { nodeId: id("ScalarInt32"), attributeId: AttributeIds.IsAbstract } }),
      item(id("ScalarString"), { filter: new opcua.DataChangeFilter({ trigger: 1, deadbandType: 1, deadbandValue: 1 }) }),
      item(id("ScalarDouble"), { filter: new opcua.DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue: 10 }) }),
      item(id("Setpoint"), { filter: new opcua.DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue: 101 }) }),
      item(id("ScalarInt32")));
    assertEqual(results.map((r) => r.statusCode.name), ["BadNodeIdUnknown", "BadAttributeIdInvalid", "BadFilterNotAllowed", "BadDeadbandFilterInvalid", "BadDeadbandFilterInvalid", "Good"]);
  }));
  await check("an absolute deadband holds back what is within it", () => within({}, async ({ subscriptionId }) => {
    await setpoint(10);
    await monitor(subscriptionId, item(id("Setpoint"), { filter: new opcua.DataChangeFilter({ trigger: 1, deadbandType: 1, deadbandValue: 5 }) }));
    await publish();
    for (const value of [12, 15, 16, 14, 9]) await setpoint(value);
    assertEqual(dataOf(await publish()).map((n) => n.value.value.value), [16, 9]);
  }));
  await check("a percent deadband is of the EURange", () => within({}, async ({ subscriptionId }) => {
    await setpoint(0);
    await monitor(subscriptionId, item(id("Setpoint"), { filter: new opcua.DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue: 10 }) }));
    await publish();
    for (const value of [19, 21, 40, 42]) await setpoint(value); // 10 % of 0 to 200.
    assertEqual(dataOf(await publish()).map((n) => n.value.value.value), [21, 42]);
  }));
}

async function queues() {
  const overflow = (discardOldest) => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("Counter"), { queueSize: 3, discardOldest }));
    const [{ value }] = dataOf(await publish());
    const before = value.value.value;
    await send(new opcua.SetPublishingModeRequest({ publishingEnabled: false, subscriptionIds: [subscriptionId] }));
    await count(5);
    await send(new opcua.SetPublishingModeRequest({ publishingEnabled: true, subscriptionIds: [subscriptionId] }));
    return dataOf(await publish()).map((n) => [n.value.value.value - before, (n.value.statusCode.value & 0x480) === 0x480]);
  });
  await check("a full queue loses the oldest and flags the next", async () => assertEqual(await overflow(true), [[3, true], [4, false], [5, false]]));
  await check("a full queue that keeps the oldest flags the newest", async () => assertEqual(await overflow(false), [[1, false], [2, false], [5, true]]));
  await check("a queue of one never flags", () => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("Counter"), { queueSize: 1 }));
    await publish();
    await count(4);
    assertEqual(dataOf(await publish()).map((n) => n.value.statusCode.value & 0x480), [0]);
  }));
  await check("more notifications than fit in one message: moreNotifications until drained", () => within({ maxNotificationsPerPublish: 2 }, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("Counter")));
    await publish();
    await count(5);
    const parts = [];
    do parts.push(await publish());
    while (parts.at(-1).moreNotifications);
    assertEqual(parts.flatMap(dataOf).length, 5);
    assert(parts.every((p) => dataOf(p).length <= 2), "a message has more than was asked for");
  }));
  await check("Disabled clears, Sampling queues and reports nothing", () => within({ requestedMaxKeepAliveCount: 2 }, async ({ subscriptionId }) => {
    const [{ monitoredItemId }] = await monitor(subscriptionId, item(id("Counter")));
    await publish();
    const mode = (monitoringMode) => send(new opcua.SetMonitoringModeRequest({ subscriptionId, monitoringMode, monitoredItemIds: [monitoredItemId] }));
    await mode(MonitoringMode.Sampling);
    await count(2);
    assertEqual(dataOf(await publish()).length, 0);
    await mode(MonitoringMode.Disabled);
    await mode(MonitoringMode.Reporting);
    assertEqual(dataOf(await publish()).length, 1, "values after Disabled and Reporting");
  }));
}

async function retransmission() {
  await check("Republish brings what was not acknowledged, and nothing else", () => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("Counter")));
    const first = await publish();
    const number = first.notificationMessage.sequenceNumber;
    assert(first.availableSequenceNumbers.includes(number), "the number is not available");
    const again = await send(new opcua.RepublishRequest({ subscriptionId, retransmitSequenceNumber: number }));
    assertEqual(dataOf(again).length, 1);
    assertEqual((await send(new opcua.RepublishRequest({ subscriptionId, retransmitSequenceNumber: number + 5 }))).fault, "BadMessageNotAvailable");
    await count(1);
    const second = await publish([{ subscriptionId, sequenceNumber: number }, { subscriptionId, sequenceNumber: 4711 }, { subscriptionId: 999999, sequenceNumber: 1 }]);
    assertEqual(second.results.map((r) => r.name), ["Good", "BadSequenceNumberUnknown", "BadSubscriptionIdInvalid"]);
    assertEqual((await send(new opcua.RepublishRequest({ subscriptionId, retransmitSequenceNumber: number }))).fault, "BadMessageNotAvailable");
  }));
  await check("Publish without a subscription", async () => assertEqual((await publish()).fault, "BadNoSubscription"));
}

async function triggering() {
  await check("a triggered item reports with its trigger alone", () => within({ requestedMaxKeepAliveCount: 2 }, async ({ subscriptionId }) => {
    const [trigger, triggered] = await monitor(subscriptionId, item(id("Setpoint"), { clientHandle: 1 }), item(id("Counter"), { clientHandle: 2 }, { monitoringMode: MonitoringMode.Sampling }));
    const answer = await send(new opcua.SetTriggeringRequest({ subscriptionId, triggeringItemId: trigger.monitoredItemId, linksToAdd: [triggered.monitoredItemId, 4711] }));
    assertEqual(answer.addResults.map((r) => r.name), ["Good", "BadMonitoredItemIdInvalid"]);
    await publish();
    await count(1);
    assertEqual(dataOf(await publish()).length, 0, "reports without the trigger");
    await setpoint(Math.random() * 100);
    const handles = new Set();
    for (let i = 0; i < 4 && handles.size < 2; i++) for (const n of dataOf(await publish())) handles.add(n.clientHandle);
    assertEqual([...handles].sort(), [1, 2]);
  }));
  await check("SetTriggering of nothing", () => within({}, async ({ subscriptionId }) => assertEqual((await send(new opcua.SetTriggeringRequest({ subscriptionId, triggeringItemId: 1 }))).fault, "BadNothingToDo")));
}

async function events() {
  const field = (name) => ({ typeDefinitionId: "i=2041", browsePath: [{ name }], attributeId: 13 });
  const raise = (message, severity) => call("Raise", { dataType: DataType.String, value: message }, { dataType: DataType.UInt16, value: severity });
  const eventItem = (filter) => item("i=2253", { filter, queueSize: 100, samplingInterval: 0 }, { itemToMonitor: { nodeId: "i=2253", attributeId: AttributeIds.EventNotifier } });
  const severe = new opcua.ContentFilter({
    elements: [{
      filterOperator: opcua.FilterOperator.GreaterThanOrEqual,
      filterOperands: [new opcua.SimpleAttributeOperand(field("Severity")), new opcua.LiteralOperand({ value: { dataType: DataType.UInt16, value: 500 } })],
    }],
  });
  const selectClauses = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity"].map(field);
  await check("events that the where clause lets pass, with the fields selected", () => within({}, async ({ subscriptionId }) => {
    const [created] = await monitor(subscriptionId, eventItem(new opcua.EventFilter({ selectClauses, whereClause: severe })));
    assertEqual(created.statusCode.name, "Good");
    await raise("small", 100);
    await raise("great", 800);
    const fields = await firstEvents(1);
    const mine = fields.filter((f) => f[2].value === "Served");
    assertEqual(mine.map((f) => [f[4].value.text, f[5].value, f[1].value.toString()]), [["great", 800, "ns=0;i=2041"]]);
    assert(mine[0][0].value.length > 0 && mine[0][3].value instanceof Date, "no EventId or Time");
  }));
  await check("a field that no event type has is told, the others come", () => within({}, async ({ subscriptionId }) => {
    const [created] = await monitor(subscriptionId, eventItem(new opcua.EventFilter({ selectClauses: [field("Message"), field("NoSuchField")] })));
    assertEqual(created.filterResult?.selectClauseResults?.map((r) => r.name) ?? created.statusCode.name, ["Good", "BadNodeIdUnknown"]);
  }));
  await check("a where clause that is malformed is refused", () => within({}, async ({ subscriptionId }) => {
    const whereClause = new opcua.ContentFilter({ elements: [{ filterOperator: opcua.FilterOperator.Equals, filterOperands: [new opcua.LiteralOperand({ value: { dataType: DataType.UInt16, value: 1 } })] }] });
    const [created] = await monitor(subscriptionId, eventItem(new opcua.EventFilter({ selectClauses, whereClause })));
    assertEqual(created.statusCode.name, "BadEventFilterInvalid");
  }));
  await check("an event item without a filter, and on what notifies of nothing", () => within({}, async ({ subscriptionId }) => {
    const results = await monitor(subscriptionId,
      item("i=2253", {}, { itemToMonitor: { nodeId: "i=2253", attributeId: AttributeIds.EventNotifier } }),
      item(id("Served"), { filter: new opcua.EventFilter({ selectClauses }) }, { itemToMonitor: { nodeId: id("Served"), attributeId: AttributeIds.EventNotifier } }));
    assert(results.every((r) => r.statusCode.value >>> 30 === 2), results.map((r) => r.statusCode.name).join());
  }));
  await check("a full queue of events loses the oldest and says so", () => within({}, async ({ subscriptionId }) => {
    const filter = new opcua.EventFilter({ selectClauses: ["EventType", "Message"].map(field) });
    await monitor(subscriptionId, item("i=2253", { filter, queueSize: 2, discardOldest: true }, { itemToMonitor: { nodeId: "i=2253", attributeId: AttributeIds.EventNotifier } }));
    await send(new opcua.SetPublishingModeRequest({ publishingEnabled: false, subscriptionIds: [subscriptionId] }));
    for (const message of ["a", "b", "c", "d"]) await raise(message, 1);
    await send(new opcua.SetPublishingModeRequest({ publishingEnabled: true, subscriptionIds: [subscriptionId] }));
    const types = (await firstEvents(2)).map((f) => f[0].value.toString());
    assert(types.includes("ns=0;i=3035"), `no EventQueueOverflowEventType among ${types}`);
  }));
  await check("what is written is audited for the SecurityAdmin, with the entry id that the client gave", () => within({}, async ({ subscriptionId }) => {
    const isAudit = new opcua.ContentFilter({ elements: [{ filterOperator: opcua.FilterOperator.OfType, filterOperands: [new opcua.LiteralOperand({ value: { dataType: DataType.NodeId, value: opcua.resolveNodeId("i=2100") } })] }] });
    const audited = (name) => ({ typeDefinitionId: "i=2100", browsePath: [{ name }], attributeId: 13 });
    const filter = new opcua.EventFilter({ selectClauses: [field("SourceNode"), audited("ClientAuditEntryId"), audited("NewValue"), audited("Status")], whereClause: isAudit });
    const [created] = await monitor(subscriptionId, eventItem(filter));
    assertEqual(created.statusCode.name, "Good");
    const request = new opcua.WriteRequest({ nodesToWrite: [{ nodeId: id("Setpoint"), attributeId: 13, value: { value: { dataType: DataType.Double, value: 33 } } }] });
    request.requestHeader.auditEntryId = "ticket 4711";
    assertEqual((await send(request)).results[0].name, "Good");
    const mine = (await firstEvents(1)).filter((f) => f[1].value === "ticket 4711");
    assertEqual(mine.map((f) => [f[0].value.toString(), f[2].value, f[3].value]), [[id("Setpoint"), 33, true]]);
  }));
}

async function firstEvents(wanted) {
  const fields = [];
  for (let i = 0; i < 20 && fields.length < wanted; i++) fields.push(...eventsOf(await publish()).map((e) => e.eventFields));
  return fields;
}

async function methods() {
  await check("GetMonitoredItems tells the handles of both sides", () => within({}, async ({ subscriptionId }) => {
    const created = await monitor(subscriptionId, item(id("Counter"), { clientHandle: 21 }), item(id("Setpoint"), { clientHandle: 22 }));
    const result = await session.call({ objectId: "i=2253", methodId: "i=11492", inputArguments: [{ dataType: DataType.UInt32, value: subscriptionId }] });
    const [server, client] = result.outputArguments.map((a) => [...a.value]);
    assertEqual([server.sort(), client.sort()], [created.map((c) => c.monitoredItemId).sort(), [21, 22]]);
  }));
  await check("ResendData brings all values again", () => within({}, async ({ subscriptionId }) => {
    await monitor(subscriptionId, item(id("ScalarInt32")));
    await publish();
    await session.call({ objectId: "i=2253", methodId: "i=12873", inputArguments: [{ dataType: DataType.UInt32, value: subscriptionId }] });
    assertEqual(dataOf(await publish()).length, 1);
  }));
  await check("another session's subscription is none of ours", () => within({}, ({ subscriptionId }) => withSession(async (other) => {
    const result = await other.call({ objectId: "i=2253", methodId: "i=11492", inputArguments: [{ dataType: DataType.UInt32, value: subscriptionId }] });
    assertEqual(result.statusCode.name, "BadUserAccessDenied");
    assertEqual((await send(new opcua.ModifySubscriptionRequest({ subscriptionId, requestedPublishingInterval: 100 }), other)).fault, "BadSubscriptionIdInvalid");
  })));
}

async function transfer() {
  await check("a subscription goes over to another session of the same user, with its values and unacknowledged messages", async () => {
    const { subscriptionId } = await subscribe();
    await monitor(subscriptionId, item(id("ScalarInt32")));
    await publish();
    await withSession(async (other) => {
      const answer = await send(new opcua.TransferSubscriptionsRequest({ subscriptionIds: [subscriptionId, 4711], sendInitialValues: true }), other);
      assertEqual(answer.results.map((r) => r.statusCode.name), ["Good", "BadSubscriptionIdInvalid"]);
      assertEqual(answer.results[0].availableSequenceNumbers.length, 1, "available messages");
      assertEqual(dataOf(await publish([], other)).map((n) => n.value.value.value), [-2147483648]);
      const old = await publish();
      const changes = (old.notificationMessage?.notificationData ?? []).filter((d) => d instanceof opcua.StatusChangeNotification);
      assertEqual(changes.map((c) => c.status.name), ["GoodSubscriptionTransferred"]);
      await send(new opcua.DeleteSubscriptionsRequest({ subscriptionIds: [subscriptionId] }), other);
    });
  });
  await check("not to another user", () => within({}, ({ subscriptionId }) => withSession(async (other) => {
    const answer = await send(new opcua.TransferSubscriptionsRequest({ subscriptionIds: [subscriptionId] }), other);
    assertEqual(answer.results[0].statusCode.name, "BadUserAccessDenied");
  }, {}, { type: opcua.UserTokenType.Anonymous })));
  await check("a subscription without Publish ends, and says BadTimeout", async () => {
    const { subscriptionId, revisedLifetimeCount, revisedPublishingInterval } = await subscribe({ requestedPublishingInterval: 50, requestedMaxKeepAliveCount: 1, requestedLifetimeCount: 3 });
    await new Promise((done) => setTimeout(done, revisedPublishingInterval * (revisedLifetimeCount + 4)));
    const answer = await publish();
    const changes = (answer.notificationMessage?.notificationData ?? []).filter((d) => d instanceof opcua.StatusChangeNotification);
    assertEqual([answer.fault ?? changes[0]?.status.name, answer.subscriptionId ?? subscriptionId], ["BadTimeout", subscriptionId]);
  });
}

async function asClientsDo() {
  await check("node-opcua's own subscription: values, pause, end", async () => {
    const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 100, publishingEnabled: true });
    const monitored = await subscription.monitor({ nodeId: id("Counter"), attributeId: 13 }, { samplingInterval: 0, queueSize: 100 }, TimestampsToReturn.Both);
    const values = [];
    const enough = new Promise((done) => monitored.on("changed", (value) => values.push(value.value.value) > 5 && done()));
    await count(5);
    await Promise.race([enough, new Promise((_, late) => setTimeout(() => late(new Error(`only ${values}`)), 10000).unref())]);
    assertEqual(values.map((v) => v - values[0]), [0, 1, 2, 3, 4, 5]);
    await subscription.terminate();
  });
}

await main(() =>
  withSession(async (opened) => {
    session = opened;
    ns = await namespaceIndex(session, "urn:opcportal:interop:served");
    for (const part of [dataItems, queues, retransmission, triggering, events, methods, transfer, asClientsDo]) await part().catch((failure) => report(part.name, false, failure.message));
  }, { keepSessionAlive: false }),
);
