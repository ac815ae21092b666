// Read, Write, Browse, TranslateBrowsePaths, RegisterNodes, Call: the values that are served, and each refusal of Part 4.
import { opcua, assert, assertEqual, check, main, namespaceIndex, report, withSession } from "./common.mjs";

const { AttributeIds, BrowseDirection, DataType, NumericRange, StatusCodes, TimestampsToReturn, Variant, VariantArrayType } = opcua;

let session;
let ns;
let types;
const id = (name) => `ns=${ns};s=${name}`;

/** Sends a request as it is; a fault gives its status. */
async function send(request) {
  try {
    return await session.performMessageTransaction(request);
  } catch (failure) {
    const status = failure.response?.responseHeader?.serviceResult?.name ?? /Bad[A-Za-z]+/.exec(failure.message)?.[0];
    assert(status, failure.message);
    return { fault: status };
  }
}

async function read(name, more = {}) {
  return (await session.read([{ nodeId: name.includes("=") ? name : id(name), attributeId: AttributeIds.Value, ...more }], 0))[0];
}

const rangeOf = (text) => ({ indexRange: new NumericRange(text) });
const plain = (value) => (ArrayBuffer.isView(value) && !Buffer.isBuffer(value) ? [...value] : value);

async function scalars() {
  const served = {
    Boolean: true, SByte: -128, Byte: 255, Int16: -32768, UInt16: 65535, Int32: -2147483648, UInt32: 4294967295, Float: 1.5, Double: -2.25, String: "Zähler №1",
    Int64: [2147483648, 0], UInt64: [4294967295, 4294967295], Guid: "72962B91-FA75-4AE6-8D28-B404DC7DAF63", DateTime: new Date("2026-01-02T03:04:05.678Z"),
  };
  for (const [type, expected] of Object.entries(served)) {
    await check(`a ${type}`, async () => {
      const { statusCode, value } = await read(`Scalar${type}`);
      assertEqual(statusCode.name, "Good");
      assertEqual(value.dataType, DataType[type], "type");
      assertEqual(typeof value.value === "string" && type === "Guid" ? value.value.toUpperCase() : value.value, expected);
    });
  }
  await check("a ByteString", async () => assertEqual([...(await read("ScalarByteString")).value.value], [1, 2, 3, 4]));
  await check("a NodeId, renumbered into the server's namespaces", async () => assertEqual((await read("ScalarNodeId")).value.value.toString(), id("Served")));
  await check("a QualifiedName, renumbered", async () => assertEqual((await read("ScalarQualifiedName")).value.value.toString(), `${ns}:Served`));
  await check("a LocalizedText", async () => assertEqual((await read("ScalarLocalizedText")).value.value.text, "Wärme"));
  await check("a StatusCode as a value", async () => assertEqual((await read("ScalarStatusCode")).value.value.value, 0x80010000));
}

async function ranges() {
  const good = [
    ["ArrayInt32", "2:4", [3, 4, 5]], ["ArrayInt32", "0", [1]], ["ArrayInt32", "8:20", [9, 10]], ["ScalarString", "0:2", "Zäh"],
    ["ArrayString", "1:2", ["beta", "gamma"]], ["ArrayString", "0:1,0:2", ["alp", "bet"]],
  ];
  for (const [name, range, expected] of good)
    await check(`${name}[${range}]`, async () => {
      const value = await read(name, rangeOf(range));
      assertEqual(value.statusCode.name, "Good");
      assertEqual(plain(value.value.value), expected);
    });
  await check("ScalarByteString[1:2]", async () => assertEqual([...(await read("ScalarByteString", rangeOf("1:2"))).value.value], [2, 3]));
  await check("a matrix", async () => {
    const { value } = await read("MatrixInt32");
    assertEqual([value.arrayType, value.dimensions, plain(value.value)], [VariantArrayType.Matrix, [2, 3], [1, 2, 3, 4, 5, 6]]);
  });
  await check("MatrixInt32[1,0:1]", async () => {
    const { value } = await read("MatrixInt32", rangeOf("1,0:1"));
    assertEqual([value.dimensions, plain(value.value)], [[1, 2], [4, 5]]);
  });
  const bad = [["ArrayInt32", "20", "BadIndexRangeNoData"], ["ArrayInt32", "20:30", "BadIndexRangeNoData"], ["ScalarInt32", "0", "BadIndexRangeNoData"]];
  for (const text of ["3:2", "1:1", "a", "1:", "-1", " 1"]) bad.push(["ArrayInt32", text, "BadIndexRangeInvalid"]);
  for (const [name, range, expected] of bad)
    await check(`${name}[${range}] is ${expected}`, async () => {
      // As it is, whatever the client's own check says of it.
      const request = new opcua.ReadRequest({ nodesToRead: [{ nodeId: id(name), attributeId: 13 }], timestampsToReturn: TimestampsToReturn.Neither });
      request.nodesToRead[0].indexRange = Object.assign(new NumericRange("0"), { toEncodeableString: () => range });
      assertEqual((await send(request)).results[0].statusCode.name, expected);
    });
}

async function reading() {
  await check("DataEncoding on a plain value", async () => assertEqual((await read("ScalarInt32", { dataEncoding: { name: "Default Binary" } })).statusCode.name, "BadDataEncodingInvalid"));
  await check("an unknown DataEncoding of a structure", async () => assertEqual((await read("Line", { dataEncoding: { name: "Default Morse" } })).statusCode.name, "BadDataEncodingUnsupported"));
  await check("Default Binary of a structure", async () => assertEqual((await read("Line", { dataEncoding: { name: "Default Binary" } })).statusCode.name, "Good"));
  for (const [name, source, server] of [["Neither", false, false], ["Source", true, false], ["Server", false, true], ["Both", true, true]])
    await check(`TimestampsToReturn ${name}`, async () => {
      const answer = await send(new opcua.ReadRequest({ nodesToRead: [{ nodeId: id("Points"), attributeId: 13 }], timestampsToReturn: TimestampsToReturn[name] }));
      assertEqual([!!answer.results[0].sourceTimestamp, !!answer.results[0].serverTimestamp], [source, server]);
    });
  const faults = [
    ["nothing to read", { nodesToRead: [] }, "BadNothingToDo"],
    ["a negative MaxAge", { maxAge: -1, nodesToRead: [{ nodeId: id("Counter"), attributeId: 13 }] }, "BadMaxAgeInvalid"],
  ];
  for (const [name, request, expected] of faults) await check(name, async () => assertEqual((await send(new opcua.ReadRequest(request))).fault, expected));
  await check("more reads than OperationLimits says", async () => {
    const limit = (await read("i=11705")).value.value;
    assert(limit > 0, `MaxNodesPerRead is ${limit}`);
    const nodesToRead = Array.from({ length: limit + 1 }, () => ({ nodeId: id("Counter"), attributeId: 13 }));
    assertEqual((await send(new opcua.ReadRequest({ nodesToRead }))).fault, "BadTooManyOperations");
  });
  await check("one unknown node fails alone", async () => {
    const results = await session.read([{ nodeId: id("Nowhere"), attributeId: 13 }, { nodeId: id("ScalarInt32"), attributeId: 13 }, { nodeId: id("ScalarInt32"), attributeId: 12 }]);
    assertEqual(results.map((r) => r.statusCode.name), ["BadNodeIdUnknown", "Good", "BadAttributeIdInvalid"]);
  });
  await check("DisplayName by the session's locale", async () => {
    const name = await session.read({ nodeId: id("Served"), attributeId: AttributeIds.DisplayName });
    assert(["Served", "Angeboten"].includes(name.value.value.text), name.value.value.text);
  });
}

async function structures() {
  await check("a structure with nested structures and arrays, by its DataTypeDefinition", async () => {
    const line = (await read("Line")).value.value;
    assertEqual([line.start.x, line.end.y, line.tags, line.via.length, line.via[0].x], [1, 4, ["a", "b"], 1, 5]);
  });
  await check("optional fields that are there", async () => {
    const reading = (await read("ReadingFull")).value.value;
    assertEqual([reading.id, reading.energy, reading.note], [7, 1.25, "ok"]);
  });
  await check("optional fields that are not", async () => {
    const reading = (await read("ReadingPart")).value.value;
    assertEqual([reading.id, reading.energy ?? null, reading.note], [8, null, "no energy"]);
  });
  await check("a union", async () => {
    const choice = (await read("Choice")).value.value;
    assertEqual([choice.text, choice.number ?? null], ["chosen", null]);
  });
  await check("an array of structures", async () => assertEqual((await read("Points")).value.value.map((p) => [p.x, p.y]), [[1, 2], [3, 4]]));
  await check("a structure written and read back", async () => {
    const dataType = await session.constructExtensionObject(opcua.resolveNodeId(`ns=${types};i=3002`), { start: { x: 9, y: 8 }, end: { x: 7, y: 6 }, tags: ["new"], via: [] });
    assertEqual((await write("Line", { dataType: DataType.ExtensionObject, value: dataType })).name, "Good");
    const line = (await read("Line")).value.value;
    assertEqual([line.start.x, line.end.y, line.tags], [9, 6, ["new"]]);
  });
  await check("a structure of another type is refused", async () => {
    const reading = await session.constructExtensionObject(opcua.resolveNodeId(`ns=${types};i=3003`), { id: 1 });
    assertEqual((await write("Line", { dataType: DataType.ExtensionObject, value: reading })).name, "BadTypeMismatch");
  });
  await check("a structure through a method and back", async () => {
    const line = await session.constructExtensionObject(opcua.resolveNodeId(`ns=${types};i=3002`), { start: { x: 1, y: 2 }, end: { x: 3, y: 4 }, tags: ["é"], via: [{ x: 5, y: 6 }] });
    const result = await session.call({ objectId: id("Served"), methodId: id("Echo"), inputArguments: [{ dataType: DataType.ExtensionObject, value: line }] });
    assertEqual([result.statusCode.name, result.outputArguments[0].value.via[0].y, result.outputArguments[0].value.tags], ["Good", 6, ["é"]]);
  });
}

async function write(name, value, more = {}) {
  return session.write({ nodeId: id(name), attributeId: AttributeIds.Value, value: { value }, ...more });
}

async function writing() {
  await check("a set-point is written and read back", async () => {
    assertEqual((await write("Setpoint", { dataType: DataType.Double, value: 42.5 })).name, "Good");
    assertEqual((await read("Setpoint")).value.value, 42.5);
  });
  await check("another type is refused", async () => assertEqual((await write("Setpoint", { dataType: DataType.String, value: "warm" })).name, "BadTypeMismatch"));
  await check("an array where a scalar is wanted is refused", async () => assertEqual((await write("Setpoint", { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1] })).name, "BadTypeMismatch"));
  await check("what is not writable is refused", async () => {
    const status = (await write("ScalarInt32", { dataType: DataType.Int32, value: 1 })).name;
    assertEqual(status, "BadNotWritable");
  });
  await check("an unknown node is refused", async () => assertEqual((await write("Nowhere", { dataType: DataType.Int32, value: 1 })).name, "BadNodeIdUnknown"));
  await check("a BrowseName is not writable", async () => {
    const status = await session.write({ nodeId: id("Setpoint"), attributeId: AttributeIds.BrowseName, value: { value: { dataType: DataType.QualifiedName, value: { name: "x" } } } });
    assertEqual(status.name, "BadNotWritable");
  });
  await check("part of an array", async () => {
    assertEqual((await write("ArrayInt32", { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: new Int32Array([30, 40]) }, rangeOf("2:3"))).name, "Good");
    assertEqual(plain((await read("ArrayInt32")).value.value), [1, 2, 30, 40, 5, 6, 7, 8, 9, 10]);
  });
  await check("part of an array beyond its end", async () =>
    assertEqual((await write("ArrayInt32", { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: new Int32Array([1, 2]) }, rangeOf("9:10"))).name, "BadIndexRangeNoData"));
  await check("an enumeration is written as Int32", async () => assertEqual((await write("Colour", { dataType: DataType.Int32, value: 0 })).name, "Good"));
  await check("a null text", async () => {
    assertEqual((await write("Text", { dataType: DataType.String, value: null })).name, "Good");
    assertEqual((await read("Text")).value.value, null);
  });
  await check("a text of a megabyte, in many chunks both ways", async () => {
    const text = "é".repeat(500_000);
    assertEqual((await write("Text", { dataType: DataType.String, value: text })).name, "Good");
    assert((await read("Text")).value.value === text, "the text came back changed");
  });
}

async function browsing() {
  const browse = async (description) => (await send(new opcua.BrowseRequest({ nodesToBrowse: [{ nodeId: id("Served"), browseDirection: 0, resultMask: 63, ...description }] }))).results[0];
  await check("a bad direction", async () => {
    const request = new opcua.BrowseRequest({ nodesToBrowse: [{ nodeId: id("Served"), browseDirection: 0 }] });
    request.nodesToBrowse[0].browseDirection = 7;
    const answer = await send(request).catch((failure) => ({ fault: failure.message }));
    assertEqual(answer.results?.[0].statusCode.name, "BadBrowseDirectionInvalid");
  });
  await check("a reference type that is none", async () => assertEqual((await browse({ referenceTypeId: "i=85" })).statusCode.name, "BadReferenceTypeIdInvalid"));
  await check("an unknown node", async () => assertEqual((await browse({ nodeId: id("Nowhere") })).statusCode.name, "BadNodeIdUnknown"));
  await check("only methods", async () => {
    const result = await browse({ nodeClassMask: opcua.NodeClass.Method });
    assertEqual(result.references.map((r) => r.browseName.name).sort(), ["Add", "Count", "Echo", "Raise"]);
  });
  await check("fields that are not asked for are null", async () => {
    const [first] = (await browse({ resultMask: 0 })).references;
    assertEqual([first.referenceTypeId.toString(), first.browseName?.name ?? null, first.displayName?.text ?? null, first.nodeClass], ["ns=0;i=0", null, null, 0]);
  });
  await check("a view that there is not", async () => {
    const request = new opcua.BrowseRequest({ view: { viewId: id("Nowhere") }, nodesToBrowse: [{ nodeId: id("Served") }] });
    assertEqual((await send(request)).fault, "BadViewIdUnknown");
  });
  await check("a continuation point that was released, and one that never was", async () => {
    const first = (await send(new opcua.BrowseRequest({ requestedMaxReferencesPerNode: 2, nodesToBrowse: [{ nodeId: id("Served"), resultMask: 63 }] }))).results[0];
    assertEqual([first.references.length, first.continuationPoint.length > 0], [2, true]);
    const release = new opcua.BrowseNextRequest({ releaseContinuationPoints: true, continuationPoints: [first.continuationPoint] });
    // Part 4 5.9.3.2: when points are released the results are empty.
    assertEqual((await send(release)).results?.length ?? 0, 0);
    for (const point of [first.continuationPoint, Buffer.from("forged")])
      assertEqual((await send(new opcua.BrowseNextRequest({ continuationPoints: [point] }))).results[0].statusCode.name, "BadContinuationPointInvalid");
  });
}

async function paths() {
  const translate = async (text) => session.translateBrowsePath(opcua.makeBrowsePath("RootFolder", text));
  await check("a path over namespaces", async () => {
    const result = await translate(`/Objects/${ns}:Served/${ns}:Setpoint.EURange`);
    assertEqual([result.statusCode.name, result.targets[0].targetId.toString(), result.targets[0].remainingPathIndex], ["Good", id("Setpoint.EURange"), 0xffffffff]);
  });
  await check("a path that leads nowhere", async () => assertEqual((await translate("/Objects/2:Nowhere")).statusCode.name, "BadNoMatch"));
  await check("a path without elements", async () => {
    const request = new opcua.TranslateBrowsePathsToNodeIdsRequest({ browsePaths: [{ startingNode: "i=84", relativePath: { elements: [] } }] });
    assertEqual((await send(request)).results[0].statusCode.name, "BadNothingToDo");
  });
  // Part 4 5.9.4.1: here the last name must be given, though RelativePath allows it to be missing.
  await check("a path without a last name", async () => {
    const elements = [{ referenceTypeId: "i=35", includeSubtypes: true, targetName: {} }];
    const request = new opcua.TranslateBrowsePathsToNodeIdsRequest({ browsePaths: [{ startingNode: "i=84", relativePath: { elements } }] });
    assertEqual((await send(request)).results[0].statusCode.name, "BadBrowseNameInvalid");
  });
  await check("a path with a name missing before the last", async () => {
    const elements = [{ referenceTypeId: "i=35", includeSubtypes: true, targetName: {} }, { referenceTypeId: "i=35", includeSubtypes: true, targetName: { name: "Server" } }];
    const request = new opcua.TranslateBrowsePathsToNodeIdsRequest({ browsePaths: [{ startingNode: "i=84", relativePath: { elements } }] });
    assertEqual((await send(request)).results[0].statusCode.name, "BadBrowseNameInvalid");
  });
  await check("an inverse step", async () => {
    const elements = [{ referenceTypeId: "i=33", isInverse: true, includeSubtypes: true, targetName: { namespaceIndex: ns, name: "Served" } }];
    const request = new opcua.TranslateBrowsePathsToNodeIdsRequest({ browsePaths: [{ startingNode: id("Setpoint"), relativePath: { elements } }] });
    assertEqual((await send(request)).results[0].targets[0].targetId.toString(), id("Served"));
  });
  await check("registered nodes can be read", async () => {
    const registered = await session.registerNodes([id("ScalarInt32")]);
    assertEqual((await session.read({ nodeId: registered[0], attributeId: 13 })).value.value, -2147483648);
    await session.unregisterNodes(registered);
  });
}

async function calling() {
  const call = (more) => session.call({ objectId: id("Served"), methodId: id("Add"), inputArguments: [{ dataType: DataType.Double, value: 1.5 }, { dataType: DataType.Double, value: 2 }], ...more });
  await check("a method", async () => {
    const result = await call({});
    assertEqual([result.statusCode.name, result.outputArguments[0].value], ["Good", 3.5]);
  });
  await check("an argument too few", async () => assertEqual((await call({ inputArguments: [{ dataType: DataType.Double, value: 1 }] })).statusCode.name, "BadArgumentsMissing"));
  await check("an argument too many", async () => assertEqual((await call({ inputArguments: [1, 2, 3].map((value) => ({ dataType: DataType.Double, value })) })).statusCode.name, "BadTooManyArguments"));
  await check("an argument of another type", async () => {
    const result = await call({ inputArguments: [{ dataType: DataType.Double, value: 1 }, { dataType: DataType.String, value: "2" }] });
    assertEqual([result.statusCode.name, result.inputArgumentResults.map((s) => s.name)], ["BadInvalidArgument", ["Good", "BadTypeMismatch"]]);
  });
  await check("a method of another object", async () => assertEqual((await call({ objectId: "i=2253" })).statusCode.name, "BadMethodInvalid"));
  await check("an object that there is not", async () => assertEqual((await call({ objectId: id("Nowhere") })).statusCode.name, "BadNodeIdUnknown"));
  await check("the arguments of a method", async () => {
    const definition = await session.getArgumentDefinition(id("Add"));
    assertEqual([definition.inputArguments.map((a) => a.name), definition.outputArguments.map((a) => a.name)], [["a", "b"], ["sum"]]);
  });
}

async function unsupported() {
  await check("history that there is not", async () => {
    const answer = await send(new opcua.HistoryReadRequest({
      historyReadDetails: new opcua.ReadRawModifiedDetails({ startTime: new Date(0), endTime: new Date(), numValuesPerNode: 1 }),
      nodesToRead: [{ nodeId: id("Counter") }], timestampsToReturn: TimestampsToReturn.Both,
    }));
    const status = answer.fault ?? answer.results[0].statusCode.name;
    assert(["BadHistoryOperationUnsupported", "BadServiceUnsupported"].includes(status), status);
  });
  await check("a service that there is not", async () => {
    const answer = await send(new opcua.QueryFirstRequest({}));
    assertEqual(answer.fault, "BadServiceUnsupported");
  });
}

await main(() =>
  withSession(async (opened) => {
    session = opened;
    ns = await namespaceIndex(session, "urn:opcportal:interop:served");
    types = await namespaceIndex(session, "urn:opcportal:interop");
    for (const part of [scalars, ranges, reading, structures, writing, browsing, paths, calling, unsupported]) await part().catch((failure) => report(part.name, false, failure.message));
  }),
);
