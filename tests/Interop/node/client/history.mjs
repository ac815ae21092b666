// The history of a point, walked by a client that nobody here wrote: raw values page by page, modified ones, at given times, calculated, annotations, and all the ways to change them. What is kept was
// put in by the test: value i at start + i quarters of an hour.
import { createRequire } from "node:module";
import { opcua, args, assert, assertEqual, check, main, withSession } from "./common.mjs";

const types = createRequire(import.meta.url)("node-opcua-types");
const { AggregateFunction, DataType, TimestampsToReturn, UserTokenType } = opcua;
const { PerformUpdateType } = types;

const start = new Date(args.start);
const at = (index) => new Date(start.getTime() + index * 900000);
const end = at(args.count);

/** All pages of a read; what each page held. */
async function pages(session, nodeId, historyReadDetails) {
  const found = [];
  let continuationPoint;
  do {
    const request = new types.HistoryReadRequest({ historyReadDetails, timestampsToReturn: TimestampsToReturn.Both, releaseContinuationPoints: false, nodesToRead: [{ nodeId, continuationPoint }] });
    const [result] = (await session.historyRead(request)).results;
    assert(result.statusCode.isGood(), `page ${found.length}: ${result.statusCode.name}`);
    found.push(result.historyData);
    ({ continuationPoint } = result);
  } while (continuationPoint?.length > 0);
  return found;
}

const values = (pages) => pages.flatMap((page) => page.dataValues ?? []);
const raw = (more) => new types.ReadRawModifiedDetails({ isReadModified: false, startTime: start, endTime: end, numValuesPerNode: 0, returnBounds: false, ...more });
const numbers = (found) => found.map((value) => value.value.value);
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

async function update(session, ...historyUpdateDetails) {
  const response = await session.performMessageTransaction(new types.HistoryUpdateRequest({ historyUpdateDetails }));
  return response.results.map((result) => (result.operationResults?.length ? result.operationResults.map((one) => one.name) : result.statusCode.name));
}

const changed = (nodeId, performInsertReplace, ...entries) =>
  new types.UpdateDataDetails({ nodeId, performInsertReplace, updateValues: entries.map(([sourceTimestamp, value]) => ({ value: { dataType: DataType.Double, value }, sourceTimestamp })) });

const noted = (nodeId, performInsertReplace, sourceTimestamp, message) =>
  new types.UpdateStructureDataDetails({
    nodeId, performInsertReplace, updateValues: [{ value: { dataType: DataType.ExtensionObject, value: new types.Annotation({ message, userName: "", annotationTime: new Date() }) }, sourceTimestamp }],
  });

async function reads(session, nodeId) {
  await check("raw values come page by page, each once, in their order", async () => {
    const found = await pages(session, nodeId, raw({ numValuesPerNode: 10 }));
    assert(found.length >= args.count / 10, `${found.length} pages`);
    assertEqual(numbers(values(found)), range(0, args.count));
    assertEqual(values(found).map((value) => value.sourceTimestamp.getTime()), range(0, args.count).map((i) => at(i).getTime()), "times");
  });
  await check("backwards they come the other way round", async () =>
    assertEqual(numbers(values(await pages(session, nodeId, raw({ startTime: at(args.count - 1), endTime: at(-1), numValuesPerNode: 7 })))), range(0, args.count).reverse()));
  await check("the client's own call gives the same", async () => {
    const result = await session.readHistoryValue({ nodeId }, start, end, { returnBounds: false });
    assertEqual(numbers(result.historyData.dataValues), range(0, args.count));
  });
  await check("bounds are found on both sides, or said not to be", async () => {
    const found = values(await pages(session, nodeId, raw({ startTime: new Date(at(3).getTime() + 1), endTime: new Date(at(5).getTime() + 1), returnBounds: true })));
    assertEqual(numbers(found), [3, 4, 5, 6]);
    const before = values(await pages(session, nodeId, raw({ startTime: at(-1), endTime: at(1), returnBounds: true })));
    assertEqual(before[0].statusCode.name, "BadBoundNotFound", "before the first");
  });
  await check("a continuation point can be given back, and is then known no more", async () => {
    const nodesToRead = [{ nodeId }];
    const ask = (more) => session.historyRead(new types.HistoryReadRequest({ historyReadDetails: raw({ numValuesPerNode: 10 }), timestampsToReturn: TimestampsToReturn.Source, releaseContinuationPoints: false, nodesToRead, ...more }));
    const [{ continuationPoint }] = (await ask({})).results;
    assertEqual((await ask({ releaseContinuationPoints: true, nodesToRead: [{ nodeId, continuationPoint }] })).results[0].statusCode.name, "Good");
    assertEqual((await ask({ nodesToRead: [{ nodeId, continuationPoint }] })).results[0].statusCode.name, "BadContinuationPointInvalid");
  });
  await check("at given times values are interpolated", async () => {
    const [page] = await pages(session, nodeId, new types.ReadAtTimeDetails({ reqTimes: [at(2), new Date(at(2).getTime() + 450000)], useSimpleBounds: false }));
    assertEqual(numbers(page.dataValues), [2, 2.5]);
  });
  await check("aggregates are calculated", async () => {
    const hours = async (aggregate) => {
      const result = await session.readAggregateValue({ nodeId }, start, at(12), aggregate, 3600000);
      assert(result.statusCode.isGood(), result.statusCode.name);
      return numbers(result.historyData.dataValues);
    };
    assertEqual(await hours(AggregateFunction.Average), [1.5, 5.5, 9.5], "averages");
    assertEqual(await hours(AggregateFunction.Count), [4, 4, 4], "counts");
    assertEqual(await hours(AggregateFunction.Maximum), [3, 7, 11], "maxima");
  });
  await check("how values behave between readings is told below the variable", async () => {
    const { references } = await session.browse({ nodeId, browseDirection: 0, referenceTypeId: "HasHistoricalConfiguration", includeSubtypes: true, resultMask: 63 });
    assertEqual(references.map((reference) => reference.browseName.name), ["HA Configuration"], "names");
    const below = (await session.browse({ nodeId: references[0].nodeId, browseDirection: 0, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, resultMask: 63 })).references;
    const stepped = below.find((reference) => reference.browseName.name === "Stepped");
    assertEqual((await session.read({ nodeId: stepped.nodeId, attributeId: 13 })).value.value, false, "Stepped");
    const begins = below.find((reference) => reference.browseName.name === "StartOfArchive");
    let found;
    do found = await session.read({ nodeId: begins.nodeId, attributeId: 13 });
    while (found.statusCode.name === "BadWaitingForInitialData");
    assertEqual(found.value.value.getTime(), start.getTime(), "StartOfArchive");
  });
  await check("the quality of each is kept with it", async () => {
    const found = values(await pages(session, opcua.resolveNodeId(`${nodeId}/Quality`), raw({ numValuesPerNode: 30 })));
    assertEqual(found.length, args.count, "qualities");
    assert(found.every((value) => value.value.dataType === DataType.ExtensionObject && value.statusCode.name === "Good"), "each is a structure");
  });
}

async function events(session) {
  await check("events of the past are read, page by page, with the fields asked for", async () => {
    const filter = opcua.constructEventFilter(["Message", "SourceNode", "Severity"]);
    const found = await pages(session, opcua.resolveNodeId("i=2253"), new types.ReadEventDetails({ numValuesPerNode: 2, startTime: new Date(args.eventsFrom), endTime: new Date(args.eventsUntil), filter }));
    const all = found.flatMap((page) => page.events ?? []).map((event) => event.eventFields).filter(([message]) => message.value?.text?.startsWith("history event"));
    assertEqual(all.map(([message]) => message.value.text), range(0, 5).map((i) => `history event ${i}`), "messages");
    assert(all.every(([, source, severity]) => source.value.toString().endsWith(args.node) && severity.value === 400), "source and severity");
    assert(found.length >= 3, `${found.length} pages`);
  });
}

async function changes(session, nodeId) {
  const between = new Date(at(1).getTime() + 60000);
  await check("a value is replaced and the one before it kept as modified", async () => {
    assertEqual(await update(session, changed(nodeId, PerformUpdateType.Replace, [at(1), 100])), [["GoodEntryReplaced"]]);
    const [best] = values(await pages(session, nodeId, raw({ startTime: at(1), endTime: at(2) })));
    assertEqual([best.value.value, best.statusCode.name.split("#")[0]], [100, "GoodLocalOverride"]);
    const [page] = await pages(session, nodeId, raw({ isReadModified: true }));
    assertEqual(numbers(page.dataValues), [1], "modified values");
    assertEqual([page.modificationInfos[0].updateType, page.modificationInfos[0].userName], [types.HistoryUpdateType.Replace, args.author], "modification");
  });
  await check("what is there is not inserted, and what is not there not replaced", async () => {
    assertEqual(await update(session, changed(nodeId, PerformUpdateType.Insert, [at(2), 7], [between, 8])), [["BadEntryExists", "GoodEntryInserted"]]);
    assertEqual(await update(session, changed(nodeId, PerformUpdateType.Replace, [new Date(between.getTime() + 1), 9])), [["BadNoEntryExists"]]);
    assertEqual(await update(session, changed(nodeId, PerformUpdateType.Update, [between, 10])), [["GoodEntryReplaced"]]);
  });
  await check("values are deleted by their times and by a stretch; what was modified is not", async () => {
    assertEqual(await update(session, new types.DeleteAtTimeDetails({ nodeId, reqTimes: [between, between] })), [["Good", "BadNoEntryExists"]]);
    assertEqual(await update(session, new types.DeleteRawModifiedDetails({ nodeId, isDeleteModified: false, startTime: at(20), endTime: at(22) })), ["Good"]);
    assertEqual(numbers(values(await pages(session, nodeId, raw({ startTime: at(19), endTime: at(23) })))), [19, 22]);
    assertEqual(await update(session, new types.DeleteRawModifiedDetails({ nodeId, isDeleteModified: true, startTime: at(20), endTime: at(22) })), ["BadHistoryOperationUnsupported"]);
  });
  await check("annotations are written, read and removed", async () => {
    const property = opcua.resolveNodeId(`${nodeId}/Annotations`);
    assertEqual(await update(session, noted(property, PerformUpdateType.Insert, at(1), "read by hand")), [["GoodEntryInserted"]]);
    const [page] = await pages(session, nodeId, new types.ReadAnnotationDataDetails({ reqTimes: [at(1), at(2)] }));
    assertEqual(page.dataValues.map((value) => [value.value.value.message, value.value.value.userName]), [["read by hand", args.author]], "of the variable");
    assertEqual(values(await pages(session, property, raw({}))).length, 1, "of the property");
    assertEqual(await update(session, noted(property, PerformUpdateType.Remove, at(1), "")), [["Good"]]);
  });
}

await main(() =>
  withSession(async (session) => {
    const index = (await session.readNamespaceArray()).indexOf(args.owner);
    const nodeId = opcua.resolveNodeId(`ns=${index};s=${args.node}`);
    await reads(session, nodeId);
    await events(session);
    await changes(session, nodeId);
  }, { as: args.party, applicationUri: args.partyUri }, { type: UserTokenType.Anonymous }),
);
