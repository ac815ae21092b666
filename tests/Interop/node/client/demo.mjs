// The portal server's demonstration: devices behind Modbus and MQTT, read, watched, written and switched.
import { opcua, assert, assertEqual, check, main, report, withSession } from "./common.mjs";

const { AttributeIds, DataType, TimestampsToReturn, UserTokenType } = opcua;
const Patience = 60000;

/** Follows a variable; wait() waits for a value. */
async function watch(subscription, nodeId) {
  const item = await subscription.monitor({ nodeId, attributeId: AttributeIds.Value }, { samplingInterval: 0, queueSize: 50 }, TimestampsToReturn.Both);
  let last;
  const waiters = new Set();
  item.on("changed", (value) => {
    last = value;
    for (const waiter of waiters) waiter(value);
  });
  return {
    wait: (what, wanted) => new Promise((done, failed) => {
      const late = setTimeout(() => failed(new Error(`waited in vain for ${what}; last ${last?.statusCode.name} ${last?.value?.value}`)), Patience);
      const waiter = (value) => {
        if (!wanted(value)) return;
        clearTimeout(late);
        waiters.delete(waiter);
        done(value);
      };
      waiters.add(waiter);
      if (last) waiter(last);
    }),
  };
}

const isGood = (value) => value.statusCode.name === "Good";

async function nodeAt(session, path) {
  const result = await session.translateBrowsePath(opcua.makeBrowsePath("RootFolder", path));
  assertEqual(result.statusCode.name, "Good", path);
  return result.targets[0].targetId;
}

/** The devices by their id, found by browsing alone: portals below Objects/Portals, devices below them. */
async function devices(session) {
  const [types] = [(await session.readNamespaceArray()).findIndex((uri) => /opcportal/i.test(uri) && /portal\/?$/i.test(uri))];
  const found = new Map();
  const children = async (nodeId) => (await session.browse({ nodeId, browseDirection: 0, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, nodeClassMask: opcua.NodeClass.Object, resultMask: 63 })).references;
  const portals = (await children("i=85")).find((r) => r.browseName.name === "Portals");
  assert(portals, "there is no Objects/Portals");
  for (const portal of await children(portals.nodeId))
    for (const device of await children(portal.nodeId)) found.set(device.nodeId.value.toString().split("/").pop(), device);
  return [found, types];
}

const point = (device, name) => opcua.resolveNodeId(`ns=${device.nodeId.namespace};s=${device.nodeId.value}/${name}`);

await main(() =>
  withSession(async (session) => {
    const [found] = await devices(session);
    report("devices are found by browsing", found.size >= 8, `${[...found.keys()]}`);
    const subscription = await session.createSubscription2({ requestedPublishingInterval: 100, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 1000, publishingEnabled: true });
    for (const [device, name] of [["meter", "ActiveEnergyImport"], ["elm-meter", "ActivePower"], ["elm-battery", "StateOfCharge"], ["elm-solar", "ActivePower"], ["elm-water", "Volume"]])
      await check(`${device}/${name} is measured`, async () => {
        const watched = await watch(subscription, point(found.get(device), name));
        const value = await watched.wait("a good value", isGood);
        assertEqual(value.value.dataType, DataType.Double, "type");
        return `${value.value.value}`;
      });
    await check("a point tells its unit", async () => {
      const value = await session.read({ nodeId: await nodeAtBelow(session, point(found.get("elm-meter"), "ActivePower"), "EngineeringUnits"), attributeId: 13 });
      assertEqual(value.value.value.displayName.text, "W");
    });
    for (const [device, wanted] of [["thermostat", 22.5], ["elm-thermostat", 17.5]])
      await check(`the set-point of ${device} is written, reaches it and comes back`, async () => {
        const nodeId = point(found.get(device), "TemperatureSetpoint");
        const watched = await watch(subscription, nodeId);
        await watched.wait("a good value", isGood);
        assertEqual((await session.write({ nodeId, attributeId: 13, value: { value: { dataType: DataType.Double, value: wanted } } })).name, "Good");
        await watched.wait("the value written", (value) => isGood(value) && value.value.value === wanted);
      });
    for (const device of ["load-switch", "elm-socket"])
      await check(`${device} is opened and closed by methods`, async () => {
        const { nodeId: objectId } = found.get(device);
        const watched = await watch(subscription, point(found.get(device), "SwitchState"));
        for (const [method, state] of [["Open", false], ["Close", true]]) {
          const result = await session.call({ objectId, methodId: point(found.get(device), method), inputArguments: [] });
          assertEqual(result.statusCode.name, "Good", method);
          await watched.wait(method, (value) => isGood(value) && value.value.value === state);
        }
      });
    await check("the method of the type is accepted on the instance", async () => {
      const { nodeId: objectId, typeDefinition } = found.get("elm-socket");
      const methodId = await methodOfType(session, typeDefinition, "Close");
      assertEqual((await session.call({ objectId, methodId, inputArguments: [] })).statusCode.name, "Good");
    });
    await check("who is anonymous reads and may not write or call", () => withSession(async (other) => {
      const nodeId = point(found.get("elm-thermostat"), "TemperatureSetpoint");
      assertEqual((await other.read({ nodeId, attributeId: 13 })).statusCode.name, "Good");
      assertEqual((await other.write({ nodeId, attributeId: 13, value: { value: { dataType: DataType.Double, value: 30 } } })).name, "BadUserAccessDenied");
      const { nodeId: objectId } = found.get("elm-socket");
      assertEqual((await other.call({ objectId, methodId: point(found.get("elm-socket"), "Open"), inputArguments: [] })).statusCode.name, "BadUserAccessDenied");
    }, {}, { type: UserTokenType.Anonymous }));
    await subscription.terminate();
  }),
);

async function nodeAtBelow(session, nodeId, name) {
  const result = await session.browse({ nodeId, browseDirection: 0, referenceTypeId: "HasProperty", includeSubtypes: true, resultMask: 63 });
  return result.references.find((r) => r.browseName.name === name).nodeId;
}

/** A method by its name, of a type or the types above it. */
async function methodOfType(session, typeId, name) {
  for (let type = typeId; type; ) {
    const { references } = await session.browse({ nodeId: type, browseDirection: 2, includeSubtypes: true, resultMask: 63 });
    const method = references.find((r) => r.isForward && r.browseName.name === name && r.nodeClass === opcua.NodeClass.Method);
    if (method) return method.nodeId;
    type = references.find((r) => !r.isForward && r.referenceTypeId.value === 45)?.nodeId;
  }
  throw new Error(`no type has the method ${name}`);
}
