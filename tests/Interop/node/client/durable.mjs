// A durable subscription over a restart of the server: "leave" makes it and goes away while values wait, "take" takes it over from the next server.
import { args, opcua, assert, assertEqual, check, createClient, main, namespaceIndex, report, userName, withSession } from "./common.mjs";

const { AttributeIds, DataType, MonitoringMode, TimestampsToReturn } = opcua;
const Server = "i=2253", SetSubscriptionDurable = "i=12749";

const dataOf = (answer) => (answer.notificationMessage.notificationData ?? []).filter((d) => d instanceof opcua.DataChangeNotification).flatMap((d) => d.monitoredItems).map((n) => n.value.value.value);
const publish = (session, acks = []) => session.performMessageTransaction(new opcua.PublishRequest({ subscriptionAcknowledgements: acks }));

async function leave() {
  const client = await createClient();
  await client.connect(args.url);
  const session = await client.createSession(userName);
  const ns = await namespaceIndex(session, "urn:opcportal:interop:served");
  const setpoint = { nodeId: `ns=${ns};s=Setpoint`, attributeId: AttributeIds.Value };
  const { subscriptionId } = await session.performMessageTransaction(
    new opcua.CreateSubscriptionRequest({ requestedPublishingInterval: 50, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, publishingEnabled: true }));
  report("subscription", subscriptionId > 0, `${subscriptionId}`);
  await check("the method revises the lifetime", async () => {
    const result = await session.call({ objectId: Server, methodId: SetSubscriptionDurable, inputArguments: [{ dataType: DataType.UInt32, value: subscriptionId }, { dataType: DataType.UInt32, value: 24 }] });
    assertEqual([result.statusCode.name, result.outputArguments[0].value], ["Good", 24]);
  });
  await check("values wait when the session is closed and its subscriptions are not", async () => {
    const { results } = await session.performMessageTransaction(new opcua.CreateMonitoredItemsRequest({
      subscriptionId, timestampsToReturn: TimestampsToReturn.Both,
      itemsToCreate: [{ itemToMonitor: setpoint, monitoringMode: MonitoringMode.Reporting, requestedParameters: { clientHandle: 1, samplingInterval: 0, queueSize: 100000, discardOldest: true } }],
    }));
    assertEqual([results[0].statusCode.name, results[0].revisedQueueSize], ["Good", 100000]);
    const first = await publish(session);
    for (const value of [11, 12, 13]) await session.write({ ...setpoint, value: { value: { dataType: DataType.Double, value } } });
    assertEqual(first.notificationMessage.sequenceNumber, 1);
    await session.close(false);
  });
  await client.disconnect();
}

const take = () => withSession(async (session) => {
  await check("the subscription is handed over with the message that was not acknowledged", async () => {
    const { results } = await session.performMessageTransaction(new opcua.TransferSubscriptionsRequest({ subscriptionIds: [args.subscription], sendInitialValues: false }));
    assertEqual([results[0].statusCode.name, [...results[0].availableSequenceNumbers]], ["Good", [1]]);
    const again = await session.performMessageTransaction(new opcua.RepublishRequest({ subscriptionId: args.subscription, retransmitSequenceNumber: 1 }));
    assertEqual(again.notificationMessage.sequenceNumber, 1);
  });
  await check("what waited comes in order, and then what the new server has", async () => {
    const answer = await publish(session, [{ subscriptionId: args.subscription, sequenceNumber: 1 }]);
    assertEqual([answer.subscriptionId, answer.notificationMessage.sequenceNumber, answer.results[0].name], [args.subscription, 2, "Good"]);
    const values = dataOf(answer);
    assertEqual(values.slice(0, 3), [11, 12, 13]);
    assert(values.length === 4, `${values}`);
  });
  await check("it is deleted as any other", async () => {
    const { results } = await session.performMessageTransaction(new opcua.DeleteSubscriptionsRequest({ subscriptionIds: [args.subscription] }));
    assertEqual(results.map((r) => r.name), ["Good"]);
  });
}, { keepSessionAlive: false });

await main(args.phase === "leave" ? leave : take);
