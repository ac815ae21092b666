// Roles as another make's client manages them (Part 18 4), and browsing with a View (Part 4 5.9.2, 7.44).
import { createRequire } from "node:module";
import { opcua, assert, assertEqual, check, main, namespaceIndex, report, withSession } from "./common.mjs";

// Its main module leaves these out.
const { EndpointType, IdentityCriteriaType, IdentityMappingRuleType } = createRequire(import.meta.url)("node-opcua-types");
const { AttributeIds, DataType, MessageSecurityMode, NodeClass, StatusCodes } = opcua;

const RoleSet = "i=15606";
const [AddRole, RemoveRole] = ["i=16301", "i=16304"];
const Operator = "i=15680";
const Type = { AddIdentity: "i=15624", RemoveIdentity: "i=15626", AddApplication: "i=16176", RemoveApplication: "i=16178", AddEndpoint: "i=16180", RemoveEndpoint: "i=16182" };

let session;
let role;

const text = (value) => ({ dataType: DataType.String, value });
const structure = (value) => ({ dataType: DataType.ExtensionObject, value });
const rule = (criteriaType, criteria) => structure(new IdentityMappingRuleType({ criteriaType, criteria }));
const call = async (objectId, methodId, ...inputArguments) => session.call({ objectId, methodId, inputArguments });
const status = async (...called) => (await call(...called)).statusCode.name;

async function childOf(parent, name) {
  const found = await session.browse({ nodeId: parent, resultMask: 63 });
  const child = found.references.find((r) => r.browseName.name === name);
  assert(child, `${parent} has no ${name}`);
  return child.nodeId.toString();
}

async function roles() {
  await check("the roles of the standard", async () => {
    const found = await session.browse({ nodeId: RoleSet, nodeClassMask: NodeClass.Object, resultMask: 63 });
    const names = found.references.filter((r) => r.typeDefinition.toString() === "ns=0;i=15620").map((r) => r.browseName.name);
    for (const name of ["Anonymous", "AuthenticatedUser", "TrustedApplication", "Observer", "Operator", "Engineer", "Supervisor", "ConfigureAdmin", "SecurityAdmin"]) assert(names.includes(name), name);
  });
  await check("a role that is added", async () => {
    const result = await call(RoleSet, AddRole, text("Readers"), text(null));
    assertEqual(result.statusCode.name, "Good");
    role = result.outputArguments[0].value.toString();
    assertEqual((await session.read({ nodeId: role, attributeId: AttributeIds.BrowseName })).value.value.toString(), "1:Readers");
  });
  await check("a role of the same name", async () => assertEqual(await status(RoleSet, AddRole, text("Readers"), text("")), "BadAlreadyExists"));
  await check("a role of the standard", async () => assertEqual(await status(RoleSet, RemoveRole, { dataType: DataType.NodeId, value: opcua.resolveNodeId(Operator) }), "BadRequestNotAllowed"));
}

async function rules() {
  const bob = () => rule(IdentityCriteriaType.UserName, "bob");
  await check("a rule by user name, read back", async () => {
    assertEqual(await status(role, Type.AddIdentity, bob()), "Good");
    const { value } = await session.read({ nodeId: await childOf(role, "Identities"), attributeId: AttributeIds.Value });
    assertEqual(value.value.map((r) => [r.criteriaType, r.criteria]), [[IdentityCriteriaType.UserName, "bob"]]);
  });
  await check("the same rule again", async () => assertEqual(await status(role, Type.AddIdentity, bob()), "BadAlreadyExists"));
  await check("a rule that is none", async () => assertEqual(await status(role, Type.AddIdentity, rule(IdentityCriteriaType.Thumbprint, "not hexadecimal")), "BadInvalidArgument"));
  await check("a rule by a group of tokens", async () => assertEqual(await status(role, Type.AddIdentity, rule(IdentityCriteriaType.GroupId, "x")), "BadNotSupported"));
  await check("a rule that is removed, once", async () => assertEqual([await status(role, Type.RemoveIdentity, bob()), await status(role, Type.RemoveIdentity, bob())], ["Good", "BadNotFound"]));
  await check("an application, by the method of the object", async () => {
    assertEqual(await status(role, await childOf(role, "AddApplication"), text("urn:somewhere:else")), "Good");
    const { value } = await session.read({ nodeId: await childOf(role, "Applications"), attributeId: AttributeIds.Value });
    assertEqual([...value.value], ["urn:somewhere:else"]);
  });
  await check("an application that is listed again", async () => assertEqual(await status(role, Type.AddApplication, text("urn:somewhere:else")), "BadAlreadyExists"));
  await check("an application that is removed", async () => assertEqual(await status(role, Type.RemoveApplication, text("urn:somewhere:else")), "Good"));
  await check("an endpoint, read back", async () => {
    const endpoint = () => structure(new EndpointType({ endpointUrl: "opc.tcp://elsewhere:4840", securityMode: MessageSecurityMode.SignAndEncrypt }));
    assertEqual(await status(role, Type.AddEndpoint, endpoint()), "Good");
    const { value } = await session.read({ nodeId: await childOf(role, "Endpoints"), attributeId: AttributeIds.Value });
    assertEqual(value.value.map((e) => [e.endpointUrl, e.securityMode]), [["opc.tcp://elsewhere:4840", MessageSecurityMode.SignAndEncrypt]]);
    assertEqual(await status(role, Type.RemoveEndpoint, endpoint()), "Good");
  });
  await check("an include list, by Write", async () => {
    const nodeId = await childOf(role, "ApplicationsExclude");
    assertEqual((await session.read({ nodeId, attributeId: AttributeIds.Value })).value.value, true);
    assertEqual((await session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: { dataType: DataType.Boolean, value: false } } })).name, "Good");
    assertEqual((await session.read({ nodeId, attributeId: AttributeIds.Value })).value.value, false);
  });
}

async function protection() {
  await check("a channel that only signs changes no role", async () => {
    const signed = await withSession((other) => other.call({ objectId: RoleSet, methodId: AddRole, inputArguments: [text("Others"), text(null)] }), { securityMode: MessageSecurityMode.Sign });
    assertEqual(signed.statusCode.name, "BadSecurityModeInsufficient");
  });
  await check("a role that is removed", async () => {
    assertEqual(await status(RoleSet, RemoveRole, { dataType: DataType.NodeId, value: opcua.resolveNodeId(role) }), "Good");
    assertEqual((await session.read({ nodeId: role, attributeId: AttributeIds.BrowseName })).statusCode, StatusCodes.BadNodeIdUnknown);
  });
}

async function views() {
  const ns = await namespaceIndex(session, "urn:opcportal:interop:served");
  const [view, served] = [`ns=${ns};s=View`, `ns=${ns};s=Served`];
  const send = async (given) => {
    try {
      const request = new opcua.BrowseRequest({ view: given, nodesToBrowse: [{ nodeId: served, referenceTypeId: "i=33", includeSubtypes: true, browseDirection: 0, resultMask: 63 }] });
      const [result] = (await session.performMessageTransaction(request)).results;
      return result.references.map((r) => r.browseName.name).sort();
    } catch (failure) {
      return failure.response?.responseHeader?.serviceResult?.name ?? /Bad[A-Za-z]+/.exec(failure.message)?.[0];
    }
  };
  await check("a View below Views", async () => {
    const found = await session.browse({ nodeId: "i=87", nodeClassMask: NodeClass.View, resultMask: 63 });
    assertEqual(found.references.map((r) => r.browseName.name), ["View"]);
    assertEqual((await session.read({ nodeId: view, attributeId: AttributeIds.ContainsNoLoops })).value.value, true);
  });
  await check("what the View contains", async () => assertEqual(await send({ viewId: view }), ["Count", "Counter"]));
  await check("without it, all", async () => assert((await send({})).length > 10, "more than ten"));
  await check("its version", async () => assertEqual([await send({ viewId: view, viewVersion: 3 }), await send({ viewId: view, viewVersion: 2 })], [["Count", "Counter"], "BadViewVersionInvalid"]));
  await check("a version and a time", async () => assertEqual(await send({ viewId: view, viewVersion: 3, timestamp: new Date() }), "BadViewParameterMismatch"));
  await check("a node that is no View", async () => assertEqual(await send({ viewId: served }), "BadViewIdUnknown"));
}

await main(() =>
  withSession(async (opened) => {
    session = opened;
    for (const part of [roles, rules, protection, views]) await part().catch((failure) => report(part.name, false, failure.message));
  }),
);
