// A server of another make for the client's tests. Arguments: port, folder for its certificates. Prints READY when it listens; ends when its standard input does.
"use strict";
const path = require("path");
const {
  OPCUAServer, OPCUACertificateManager, Variant, DataType, VariantArrayType, StatusCodes, nodesets,
  MessageSecurityMode, SecurityPolicy, makeRoles, WellKnownRoles,
} = require("node-opcua");

const [port, folder] = [Number(process.argv[2]), process.argv[3]];

async function main() {
  const pki = (name) => new OPCUACertificateManager({ rootFolder: path.join(folder, name), automaticallyAcceptUnknownCertificate: true });
  const server = new OPCUAServer({
    port,
    hostname: "localhost",
    nodeset_filename: [nodesets.standard, path.join(__dirname, "interop.NodeSet2.xml")],
    serverCertificateManager: pki("server"),
    userCertificateManager: pki("user"),
    serverInfo: { applicationUri: "urn:opcportal:interop:node-opcua", applicationName: { text: "node-opcua", locale: "en" } },
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    userManager: {
      isValidUser: (user, password) => user === "operator" && password === "a password of some length",
      getUserRoles: () => makeRoles([WellKnownRoles.Operator, WellKnownRoles.AuthenticatedUser]),
    },
  });
  await server.initialize();
  build(server.engine);
  await server.start();
  process.stdin.on("end", () => server.shutdown(0).then(() => process.exit(0)));
  process.stdin.resume();
  console.log("READY");
}

function build(engine) {
  const addressSpace = engine.addressSpace;
  const namespace = addressSpace.getOwnNamespace();
  const types = addressSpace.getNamespace("urn:opcportal:interop");
  const folderNode = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: "Interop" });
  const add = (name, dataType, value, more) =>
    namespace.addVariable({ componentOf: folderNode, nodeId: `s=${name}`, browseName: name, dataType, minimumSamplingInterval: 20, value, ...more });

  add("Setpoint", "Double", { dataType: DataType.Double, value: 21.5 }, { accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite" });
  add("Fixed", "Int32", { dataType: DataType.Int32, value: 42 }, { accessLevel: "CurrentRead", userAccessLevel: "CurrentRead" });
  add("Array", "Int32", { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: new Int32Array([1, 2, 3, 4]) }, { valueRank: 1 });
  // 25 values, a minute apart.
  const historic = add("Historic", "Double", { dataType: DataType.Double, value: 0 });
  const happen = (i) => historic.setValueFromSource({ dataType: DataType.Double, value: i }, StatusCodes.Good, new Date(Date.UTC(2026, 2, 4, 12, i)));
  // What is there when history begins is its first value.
  happen(0);
  addressSpace.installHistoricalDataNode(historic, { maxOnlineValues: 100 });
  for (let i = 1; i < 25; i++) happen(i);
  let count = 0;
  add("Counter", "UInt32", { get: () => new Variant({ dataType: DataType.UInt32, value: count }) });
  for (let i = 0; i < 2500; i++) add(`Many${i}`, "Int32", { dataType: DataType.Int32, value: i });

  const structure = (typeName, fields) => addressSpace.constructExtensionObject(types.findDataType(typeName), fields);
  const point = (x, y) => ({ x, y });
  const addStructure = (name, typeName, fields) =>
    add(name, types.findDataType(typeName).nodeId, { dataType: DataType.ExtensionObject, value: structure(typeName, fields) });
  addStructure("Line", "Line", { start: point(1, 2), end: point(3, 4), tags: ["a", "b"], via: [point(5, 6)] });
  addStructure("ReadingFull", "Reading", { id: 7, energy: 1.25, note: "ok" });
  addStructure("ReadingPart", "Reading", { id: 8, note: "no energy" });
  addStructure("Choice", "Choice", { text: "chosen" });

  const method = (name, inputs, outputs, run) => {
    const argument = ([argumentName, dataType]) => ({ name: argumentName, dataType, description: { text: argumentName } });
    const node = namespace.addMethod(folderNode, { nodeId: `s=${name}`, browseName: name, inputArguments: inputs.map(argument), outputArguments: outputs.map(argument) });
    node.bindMethod((args, context, callback) => callback(null, { statusCode: StatusCodes.Good, outputArguments: run(args, context) }));
  };
  method("Add", [["a", DataType.Double], ["b", DataType.Double]], [["sum", DataType.Double]], (args) => [{ dataType: DataType.Double, value: args[0].value + args[1].value }]);
  method("Echo", [["line", types.findDataType("Line").nodeId]], [["line", types.findDataType("Line").nodeId]], (args) => [{ dataType: DataType.ExtensionObject, value: args[0].value }]);
  method("Count", [], [["value", DataType.UInt32]], () => [{ dataType: DataType.UInt32, value: ++count }]);
  method("CloseOthers", [["deleteSubscriptions", DataType.Boolean]], [], (args, context) => {
    const own = context.session.authenticationToken.toString();
    for (const session of Object.values(engine._sessions)) {
      if (session.authenticationToken.toString() !== own) engine.closeSession(session.authenticationToken, args[0].value, "Terminated");
    }
    return [];
  });
  method("Raise", [["message", DataType.String]], [], (args) => {
    addressSpace.rootFolder.objects.server.raiseEvent("BaseEventType", { message: { dataType: DataType.LocalizedText, value: { text: args[0].value } }, severity: { dataType: DataType.UInt16, value: 300 } });
    return [];
  });
}

main().catch((failure) => { console.error(failure); process.exit(1); });
