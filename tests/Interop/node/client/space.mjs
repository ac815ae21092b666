// The whole address space as a client sees it: every node that Root leads to, with all its references, and any of its attributes.
import { opcua } from "./common.mjs";

const { BrowseDirection } = opcua;
const Portion = 40; // References at once: small enough that continuation points are needed.
const Batch = 500; // Reads at once.
export const Root = "ns=0;i=84";

async function browseAll(session, nodeIds, problem) {
  const results = new Map(nodeIds.map((id) => [id, []]));
  let portions = 0;
  const append = (id, result) => {
    if (result.statusCode.name !== "Good") problem("Browse succeeds", `${id} ${result.statusCode.name}`);
    for (const r of result.references ?? []) results.get(id).push(r);
    return result.continuationPoint?.length ? [id, result.continuationPoint] : undefined;
  };
  const answer = await session.browse(nodeIds.map((nodeId) => ({ nodeId, browseDirection: BrowseDirection.Both, includeSubtypes: true, nodeClassMask: 0, resultMask: 63 })));
  let open = answer.map((result, i) => append(nodeIds[i], result)).filter(Boolean);
  while (open.length > 0) {
    portions++;
    const next = await session.browseNext(open.map(([, point]) => point), false);
    open = next.map((result, i) => append(open[i][0], result)).filter(Boolean);
  }
  return [results, portions];
}

/** Nodes by NodeId with a reference that leads to each, references as source|type|isForward|target, and how often a browse was continued. */
export async function browseEverything(session, problem) {
  session.requestedMaxReferencesPerNode = Portion;
  const nodes = new Map([[Root, undefined]]);
  const references = new Set();
  let queue = [Root];
  let portions = 0;
  while (queue.length > 0) {
    const batch = queue.splice(0, 100);
    const [results, more] = await browseAll(session, batch, problem);
    portions += more;
    for (const [source, found] of results) {
      for (const r of found) {
        const target = r.nodeId.toString();
        const key = `${source}|${r.referenceTypeId}|${r.isForward}|${target}`;
        if (references.has(key)) problem("No reference is told twice", key);
        references.add(key);
        if (!nodes.has(target)) queue.push(target);
        nodes.set(target, r);
      }
    }
  }
  return { nodes, references, portions };
}

/** Attributes of nodes, by NodeId and AttributeId. */
export async function readEverything(session, nodeIds, attributes) {
  const values = new Map();
  const requests = [...nodeIds].flatMap((nodeId) => attributes.map((attributeId) => ({ nodeId, attributeId })));
  for (let i = 0; i < requests.length; i += Batch) {
    const batch = requests.slice(i, i + Batch);
    const results = await session.read(batch.map((request) => ({ ...request })), 0); // The client changes what it is given.
    results.forEach((result, j) => {
      const { nodeId, attributeId } = batch[j];
      if (!values.has(nodeId)) values.set(nodeId, {});
      values.get(nodeId)[attributeId] = result;
    });
  }
  return values;
}
