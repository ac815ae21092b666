// node-opcua's server with as many variables as asked for, all of them changing: what OpcPortal is measured beside.
// Usage: node node-opcua-server.cjs PORT VARIABLES INTERVAL_MS NODES_FILE PKI_FOLDER; ends when its input does.
"use strict";
const path = require("node:path");
const fs = require("node:fs");
const interop = path.join(__dirname, "../../Interop/node/node_modules/");
const { OPCUAServer, Variant, DataType, StatusCodes, OPCUACertificateManager, SecurityPolicy, MessageSecurityMode } = require(interop + "node-opcua");

async function main() {
  const [port, variables, interval] = process.argv.slice(2, 5).map(Number);
  const [nodesFile, pki] = process.argv.slice(5);
  const began = process.uptime();
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port,
    hostname: "localhost",
    allowAnonymous: true,
    serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    serverCapabilities: { maxSessions: 500, operationLimits: { maxNodesPerRead: 10000, maxNodesPerBrowse: 10000, maxMonitoredItemsPerCall: 10000 }, maxMonitoredItemsPerSubscription: 200000, maxMonitoredItems: 200000 },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.getOwnNamespace();
  const folder = own.addFolder("ObjectsFolder", { browseName: "Bench" });
  const all = [];
  for (let i = 0; i < variables; i++)
    all.push(own.addVariable({ componentOf: folder, nodeId: `s=v${i}`, browseName: `v${i}`, dataType: DataType.Double, minimumSamplingInterval: interval, value: { dataType: DataType.Double, value: i } }));
  fs.writeFileSync(nodesFile, all.map((v) => v.nodeId.toString()).join("\n"));
  let round = 0;
  setInterval(() => {
    round++;
    for (let i = 0; i < all.length; i++) all[i].setValueFromSource({ dataType: DataType.Double, value: round + i }, StatusCodes.Good);
  }, interval);
  await server.start();
  console.log(JSON.stringify({ url: `opc.tcp://localhost:${port}`, pid: process.pid, startMs: Math.round((process.uptime() - began + began) * 1000) }));
  process.stdin.resume();
  process.stdin.on("end", () => server.shutdown(0).then(() => process.exit(0)));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
