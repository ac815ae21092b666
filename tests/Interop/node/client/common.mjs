// What all scripts share: their arguments, the lines they print, and how they connect.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
export const opcua = require("node-opcua");
const { OPCUAClient, OPCUACertificateManager, MessageSecurityMode, SecurityPolicy, UserTokenType } = opcua;

export const args = JSON.parse(process.argv[2]);

let count = 0;

/** Prints one checked item. */
export function report(check, ok, detail = "") {
  count++;
  console.log(JSON.stringify({ check, ok: !!ok, detail: typeof detail === "string" ? detail : JSON.stringify(detail) }));
}

/** Runs a check; it is ok when it does not throw. What it returns is the detail. */
export async function check(name, run) {
  try {
    report(name, true, (await run()) ?? "");
  } catch (failure) {
    report(name, false, `${failure.message}`.split("\n")[0]);
  }
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function assertEqual(actual, expected, what = "value") {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(left === right, `${what} is ${left}, expected ${right}`);
}

/** A client's certificate by the name of its files. */
export const certificate = (name) => ({
  certificateFile: path.join(args.certificates, `${name}.pem`),
  privateKeyFile: path.join(args.certificates, `${name}.key`),
});

export async function createClient(options = {}) {
  const { as = "trusted", ...more } = options;
  const clientCertificateManager = new OPCUACertificateManager({ rootFolder: args.pki, automaticallyAcceptUnknownCertificate: true });
  await clientCertificateManager.initialize();
  return OPCUAClient.create({
    applicationName: "Interop",
    applicationUri: args.applicationUri,
    clientCertificateManager,
    ...certificate(as),
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Aes256_Sha256_RsaPss,
    connectionStrategy: { maxRetry: 0, initialDelay: 50, maxDelay: 200 },
    endpointMustExist: false,
    requestedSessionTimeout: 60000,
    ...more,
  });
}

export const userName = { type: UserTokenType.UserName, userName: args.user, password: args.password };

/** Connects, runs, and disconnects whatever happens. */
export async function withSession(run, options = {}, user = userName) {
  const client = await createClient(options);
  try {
    await client.connect(options.url ?? args.url);
    const session = await client.createSession(user);
    try {
      return await run(session, client);
    } finally {
      await session.close().catch(() => {});
    }
  } finally {
    await client.disconnect().catch(() => {});
  }
}

/** The index of a namespace of the server under test. */
export async function namespaceIndex(session, uri) {
  const index = (await session.readNamespaceArray()).indexOf(uri);
  assert(index > 0, `the server has no namespace ${uri}`);
  return index;
}

/** Runs a script; its last line says how many items it checked. */
export async function main(run) {
  try {
    await run();
    console.log(JSON.stringify({ checks: count }));
    process.exit(0);
  } catch (failure) {
    console.error(failure);
    process.exit(1);
  }
}
