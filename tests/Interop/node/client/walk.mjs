// Every node that Root leads to: browsed forward and inverse in small portions, every attribute read, every value compared with what its node declares.
import { opcua, args, assert, check, main, report, withSession } from "./common.mjs";
import { browseEverything, readEverything } from "./space.mjs";

const { AttributeIds, DataType, NodeClass } = opcua;
// Part 3 7.9, 7.12: a type need not know its instances, nor a modelling rule who follows it.
const OneWay = ["ns=0;i=40", "ns=0;i=37"];

// Part 3 5.2 to 5.8: M must be Good; O may be BadAttributeIdInvalid; all others must be.
const All = { 1: "M", 2: "M", 3: "M", 4: "M", 5: "O", 6: "O", 7: "O", 24: "O", 25: "O", 26: "O" };
const table = {
  [NodeClass.Object]: { ...All, 12: "M" },
  [NodeClass.ObjectType]: { ...All, 8: "M" },
  [NodeClass.Variable]: { ...All, 13: "V", 14: "M", 15: "M", 16: "O", 17: "M", 18: "M", 19: "O", 20: "M", 27: "O" },
  [NodeClass.VariableType]: { ...All, 13: "O", 8: "M", 14: "M", 15: "M", 16: "O" },
  [NodeClass.ReferenceType]: { ...All, 8: "M", 9: "M", 10: "O" },
  [NodeClass.DataType]: { ...All, 8: "M", 23: "O" },
  [NodeClass.Method]: { ...All, 21: "M", 22: "M" },
  [NodeClass.View]: { ...All, 11: "M", 12: "M" },
};
const attributes = Array.from({ length: 27 }, (_, i) => i + 1);

// What a value may say of itself. Of a device that is not heard yet, or was heard by the broker alone, the demonstration says so.
const valueStatuses = ["Good", "BadNotReadable", "BadUserAccessDenied", "BadWaitingForInitialData", ...(args.isDemo ? ["BadNoData", "UncertainLastUsableValue", "BadNotConnected", "BadNoCommunication"] : [])];

const problems = new Map();
function problem(kind, text) {
  if (!problems.has(kind)) problems.set(kind, []);
  problems.get(kind).push(text);
}

/** One item for each kind of rule, with the first breaches. */
function conclude(kind, detail) {
  const found = problems.get(kind) ?? [];
  report(kind, found.length === 0, found.length === 0 ? detail : `${found.length}: ${found.slice(0, 12).join("; ")}`);
}

function judgeReferences({ nodes, references, portions }) {
  for (const key of references) {
    const [source, type, isForward, target] = key.split("|");
    // Nor a portal the views that it is in: there is one for each entity.
    if (OneWay.includes(type) || nodes.get(source)?.nodeClass === NodeClass.View) continue;
    const back = `${target}|${type}|${isForward !== "true"}|${source}`;
    if (!references.has(back)) problem("Every reference has its inverse", key);
  }
  report("Browse reaches the whole address space", nodes.size > 3000, `${nodes.size} nodes, ${references.size} references, ${portions} times continued`);
  report("Continuation points were needed", portions > 0, `${portions}`);
  for (const kind of ["Browse succeeds", "No reference is told twice", "Every reference has its inverse"]) conclude(kind, `${references.size} references`);
}

function judgeStatus(nodeId, nodeClass, attributeId, result) {
  const rule = table[nodeClass]?.[attributeId];
  const status = result.statusCode.name;
  const where = `${nodeId} ${AttributeIds[attributeId]} ${status}`;
  if (rule === undefined) {
    if (status !== "BadAttributeIdInvalid") problem("Attributes that a NodeClass does not have are BadAttributeIdInvalid", where);
  } else if (rule === "M") {
    if (status !== "Good") problem("Mandatory attributes are readable", where);
  } else if (rule === "O") {
    // Part 3 5.2.9: RolePermissions may be hidden from those who may not read them.
    if (status !== "Good" && status !== "BadAttributeIdInvalid" && !(attributeId === 24 && status === "BadUserAccessDenied")) problem("Optional attributes are readable or not there", where);
  } else if (!valueStatuses.includes(status)) problem("Values are good, or say why not", where);
  if (status === "Good" && rule === "M" && (result.value == null || result.value.dataType === DataType.Null)) problem("Mandatory attributes have a value", where);
}

const isBrowseTable = (nodes, values, nodeId, r) => {
  const own = values.get(nodeId);
  if (own[3].value?.value?.toString() !== r.browseName.toString()) problem("Browse says what Read says", `${nodeId} BrowseName ${r.browseName} ${own[3].value?.value}`);
  if (own[2].value?.value !== r.nodeClass) problem("Browse says what Read says", `${nodeId} NodeClass`);
  if ((own[4].value?.value?.text ?? null) !== (r.displayName.text ?? null)) problem("Browse says what Read says", `${nodeId} DisplayName`);
};

/** Super types of data types, by their HasSubtype references. */
function supertypes(references) {
  const above = new Map();
  for (const key of references) {
    const [source, type, isForward, target] = key.split("|");
    if (type === "ns=0;i=45" && isForward === "true") above.set(target, source);
  }
  return above;
}

function isA(above, type, wanted) {
  for (let t = type; t; t = above.get(t)) if (t === wanted) return true;
  return false;
}

const builtIn = (dataType) => `ns=0;i=${dataType}`;

function judgeValue(nodeId, own, above) {
  const value = own[13];
  if (value.statusCode.name !== "Good" || !value.value || value.value.dataType === DataType.Null) return;
  const declared = own[14].value.value.toString();
  const variant = value.value;
  // Enumerations travel as Int32; BaseDataType takes anything; abstract Number, Integer and so on take what is below them.
  const actual = builtIn(variant.dataType);
  const fits = declared === "ns=0;i=24" || isA(above, actual, declared) || (variant.dataType === DataType.Int32 && isA(above, declared, "ns=0;i=29")) ||
    (variant.dataType === DataType.ExtensionObject && isA(above, declared, "ns=0;i=22")) || isA(above, declared, actual);
  if (!fits) problem("Values have their declared DataType", `${nodeId} declares ${declared}, is ${DataType[variant.dataType]}`);
  const rank = own[15].value.value;
  const dimensions = variant.arrayType === opcua.VariantArrayType.Scalar ? 0 : variant.arrayType === opcua.VariantArrayType.Array ? 1 : variant.dimensions.length;
  // Part 3 5.6.2: -3 scalar or one dimension, -2 any, -1 scalar, 0 one or more, n exactly n.
  const isRank = rank === -3 ? dimensions <= 1 : rank === -2 ? true : rank === -1 ? dimensions === 0 : rank === 0 ? dimensions >= 1 : dimensions === rank;
  if (!isRank) problem("Values have their declared ValueRank", `${nodeId} declares ${rank}, has ${dimensions}`);
  if (!value.sourceTimestamp && !value.serverTimestamp) problem("Values have a time", nodeId);
}

function judgeStructure(nodeId, own, above) {
  const variant = own[13].value;
  if (own[13].statusCode.name !== "Good" || variant?.dataType !== DataType.ExtensionObject || variant.value == null) return 0;
  const all = Array.isArray(variant.value) ? variant.value : [variant.value];
  let count = 0;
  for (const object of all) {
    if (object == null) continue;
    if (object.schema === undefined || object.constructor.name === "OpaqueStructure") problem("Structures are decoded by their DataTypeDefinition", `${nodeId} stays opaque`);
    else count++;
  }
  return count;
}

await main(() =>
  withSession(async (session) => {
    await check("the data types' definitions are learnt", async () => {
      const { ExtraDataTypeManager, getExtraDataTypeManager } = opcua;
      const dataTypes = await opcua.getExtraDataTypeManager?.(session) ?? await session.extractNamespaceDataType();
      assert(dataTypes, "no manager");
    });
    const space = await browseEverything(session, problem);
    judgeReferences(space);
    const { nodes, references } = space;
    const values = await readEverything(session, nodes.keys(), attributes);
    const above = supertypes(references);
    let structures = 0;
    for (const [nodeId, own] of values) {
      const nodeClass = own[2].value?.value;
      if (nodeClass === undefined || nodeClass === null) {
        problem("Every reference leads to a node", `${nodeId} ${own[2].statusCode.name}`);
        continue;
      }
      for (const attributeId of attributes) judgeStatus(nodeId, nodeClass, attributeId, own[attributeId]);
      const reference = nodes.get(nodeId);
      if (reference) isBrowseTable(nodes, values, nodeId, reference);
      if (nodeClass === NodeClass.Variable) {
        judgeValue(nodeId, own, above);
        structures += judgeStructure(nodeId, own, above);
      }
      if (nodeClass === NodeClass.DataType && own[23].statusCode.name === "Good" && own[23].value?.value == null) problem("A DataTypeDefinition that is there is not empty", nodeId);
    }
    conclude("Every reference leads to a node", `${nodes.size} nodes`);
    const reads = `${nodes.size * attributes.length} attributes`;
    for (const kind of [
      "Mandatory attributes are readable", "Mandatory attributes have a value", "Optional attributes are readable or not there",
      "Attributes that a NodeClass does not have are BadAttributeIdInvalid", "Values are good, or say why not", "Browse says what Read says",
      "Values have their declared DataType", "Values have their declared ValueRank", "Values have a time", "A DataTypeDefinition that is there is not empty",
    ]) conclude(kind, reads);
    conclude("Structures are decoded by their DataTypeDefinition", `${structures} structures`);
    report("Structures were there to be decoded", structures > 10, `${structures}`);
  }),
);
