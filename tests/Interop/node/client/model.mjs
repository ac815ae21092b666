// Whether the nodes keep to the model: definitions of DataTypes against the nodes beside them and against node-opcua's own tables, instances against their types.
import { createRequire } from "node:module";
import { opcua, main, report, withSession } from "./common.mjs";
import { browseEverything, readEverything } from "./space.mjs";

const require = createRequire(import.meta.url);
const { getStandardDataTypeFactory } = require("node-opcua-factory");
const { NodeClass } = opcua;
const i = (number) => `ns=0;i=${number}`;

const problems = [];
function conclude(rule, detail) {
  report(rule, problems.length === 0, problems.length === 0 ? detail : `${problems.length}: ${problems.slice(0, 12).join("; ")}`);
  problems.length = 0;
}

/** References by source, forward ones and inverse ones. */
function index(references) {
  const forward = new Map();
  const inverse = new Map();
  for (const key of references) {
    const [source, type, isForward, target] = key.split("|");
    const map = isForward === "true" ? forward : inverse;
    if (!map.has(source)) map.set(source, []);
    map.get(source).push({ type, target });
  }
  const targets = (map, source, types) => (map.get(source) ?? []).filter((r) => types.has(r.type)).map((r) => r.target);
  return { to: (source, types) => targets(forward, source, types), from: (source, types) => targets(inverse, source, types) };
}

function subtypes(links, root) {
  const all = new Set();
  for (const queue = [root]; queue.length > 0; ) {
    const type = queue.pop();
    if (all.has(type)) continue;
    all.add(type);
    queue.push(...links.to(type, new Set([i(45)])));
  }
  return all;
}

function dataTypes(nodes, values, links) {
  const structures = subtypes(links, i(22));
  let compared = 0;
  for (const [nodeId, own] of values) {
    if (own[2].value?.value !== NodeClass.DataType) continue;
    const name = own[3].value.value.name;
    const definition = own[23].statusCode.name === "Good" ? own[23].value.value : undefined;
    if (definition?.schema.name === "StructureDefinition") {
      const above = links.from(nodeId, new Set([i(45)]))[0];
      if (definition.baseDataType.toString() !== above) problems.push(`${nodeId} ${name}: BaseDataType ${definition.baseDataType}, HasSubtype from ${above}`);
      const encodings = links.to(nodeId, new Set([i(38)])).filter((id) => values.get(id)?.[3].value?.value.name === "Default Binary");
      const isAbstract = own[8].value.value;
      if (!isAbstract && encodings[0] !== definition.defaultEncodingId.toString()) problems.push(`${nodeId} ${name}: DefaultEncodingId ${definition.defaultEncodingId}, HasEncoding ${encodings}`);
      for (const field of definition.fields ?? []) {
        if (!nodes.has(field.dataType.toString())) problems.push(`${nodeId} ${name}.${field.name}: DataType ${field.dataType} is no node`);
        if (![-1, 1, 2, 3].includes(field.valueRank)) problems.push(`${nodeId} ${name}.${field.name}: ValueRank ${field.valueRank}`);
      }
      compared += compareWithTheirs(nodeId, name, definition);
    } else if (structures.has(nodeId) && !own[8].value.value && definition === undefined) problems.push(`${nodeId} ${name}: a concrete structure without a definition`);
  }
  conclude("Definitions of structures agree with the nodes and with node-opcua's own", `${compared} compared with theirs`);
  report("Definitions were there to be compared", compared > 150, `${compared}`);
}

/** node-opcua's tables come from another reading of the same standard. */
function compareWithTheirs(nodeId, name, definition) {
  if (!nodeId.startsWith("ns=0;")) return 0;
  const factory = getStandardDataTypeFactory();
  if (!factory.hasStructureByTypeName(name)) return 0;
  const schema = factory.getStructuredTypeSchema(name);
  const theirs = [];
  for (let s = schema; s && s.name !== "ExtensionObject" && s.name !== "BaseUAObject"; s = s.getBaseSchema?.()) theirs.unshift(...s.fields.map((f) => f.name.toLowerCase()));
  // Their tables repeat a field that a supertype has in one case.
  const distinct = [...new Set(theirs)];
  const ours = (definition.fields ?? []).map((f) => f.name.toLowerCase());
  // Names differ in small things (an underscore, a first letter); their number and order do not.
  if (ours.length !== distinct.length) {
    if (ours.length !== schema.fields.length) problems.push(`${name}: ${ours.length} fields (${ours}), theirs ${distinct.length} (${theirs})`);
    return 1;
  }
  ours.forEach((field, at) => field !== distinct[at] && field.replace(/_/g, "") !== distinct[at].replace(/_/g, "") && problems.push(`${name}: field ${at} is ${field}, theirs ${distinct[at]}`));
  return 1;
}

function instances(values, links) {
  const hierarchical = subtypes(links, i(33));
  const [typeDefinition, modellingRule, subtype, interfaces] = [new Set([i(40)]), new Set([i(37)]), new Set([i(45)]), new Set([i(17603)])];
  const nameOf = (id) => values.get(id)?.[3].value?.value.toString();
  const mandatory = new Map();
  const mandatoryOf = (type) => {
    if (mandatory.has(type)) return mandatory.get(type);
    const names = new Set();
    mandatory.set(type, names);
    for (const child of links.to(type, hierarchical)) if (links.to(child, modellingRule).includes(i(78))) names.add(nameOf(child));
    for (const above of [...links.from(type, subtype), ...links.to(type, interfaces)]) for (const name of mandatoryOf(above)) names.add(name);
    return names;
  };
  // What Objects leads to, without the types, which are below Types.
  const reached = new Set();
  for (const queue = [i(85)]; queue.length > 0; ) {
    const node = queue.pop();
    if (reached.has(node)) continue;
    reached.add(node);
    queue.push(...links.to(node, hierarchical));
  }

  const classes = { [NodeClass.Object]: NodeClass.ObjectType, [NodeClass.Variable]: NodeClass.VariableType };
  let count = 0;
  for (const nodeId of reached) {
    const nodeClass = values.get(nodeId)?.[2].value?.value;
    if (!(nodeClass in classes)) continue;
    count++;
    const types = links.to(nodeId, typeDefinition);
    if (types.length !== 1) problems.push(`${nodeId} has ${types.length} type definitions`);
    else if (values.get(types[0])?.[2].value?.value !== classes[nodeClass]) problems.push(`${nodeId}: ${types[0]} is no type for it`);
  }
  conclude("Every instance has one type definition of the right class", `${count} instances`);
  for (const nodeId of reached) {
    const [type] = links.to(nodeId, typeDefinition);
    if (type === undefined) continue;
    const own = new Set(links.to(nodeId, hierarchical).map(nameOf));
    // What one manager may not do is hidden from another: the powers are parted.
    if (/:AdministrationType$/.test(nameOf(type))) continue;
    for (const name of mandatoryOf(type)) if (!own.has(name)) problems.push(`${nodeId} (${nameOf(type)}) lacks ${name}`);
  }
  conclude("Every instance has what its type makes mandatory", `${count} instances`);
  for (const nodeId of reached) {
    if (nodeId === i(3706)) continue; // Sessions bear the names that their clients give them, any of them twice.
    const names = links.to(nodeId, hierarchical).filter((id) => values.get(id)).map(nameOf);
    const twice = names.filter((name, at) => names.indexOf(name) !== at && !links.to(nodeId, new Set([i(35)])).some((id) => nameOf(id) === name));
    if (twice.length > 0) problems.push(`${nodeId} has ${twice[0]} twice`);
  }
  conclude("The components of a node have different BrowseNames", `${reached.size} nodes`);
  report("Instances were there to be judged", count > 150, `${count}`);
}

await main(() =>
  withSession(async (session) => {
    const { nodes, references } = await browseEverything(session, (rule, what) => problems.push(`${rule}: ${what}`));
    conclude("the address space can be browsed", `${nodes.size} nodes`);
    // NodeClass, BrowseName, IsAbstract, DataTypeDefinition.
    const values = await readEverything(session, nodes.keys(), [2, 3, 8, 23]);
    const links = index(references);
    dataTypes(nodes, values, links);
    instances(values, links);
  }),
);
