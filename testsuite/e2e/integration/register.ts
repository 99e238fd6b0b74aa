// Registers the model of a manifest in JSON, approves it once its evidence is there, and prints what came of it.
import { readFile } from "node:fs/promises";
import {
  ApplicationFailure, CancelledFailure, Client, Connection, WorkflowExecutionAlreadyStartedError, WorkflowFailedError,
  WorkflowUpdateFailedError,
} from "@temporalio/client";

interface Manifest { name: string }
interface Result { name: string; status: string; modelId?: string; errorType?: string; reason?: string }
interface Progress {
  stage: string;
  payloadHash?: string;
  runId?: string;
  approval?: { open: boolean };
  validation?: { status: "PASS" | "FAIL"; latencyMs?: number };
  result?: Result;
}
interface Receipt { name: string; stage: string; message: string }

// The id of the one workflow that may register a name: what is not printable ASCII, and space, %, /, ? and #, as % and
// two upper-case hex digits.
const workflowId = (name: string) => "register-model/" +
  [...Buffer.from(name, "utf8")].map((byte) =>
    byte <= 0x20 || byte > 0x7e || "%/?#".includes(String.fromCharCode(byte))
      ? "%" + byte.toString(16).toUpperCase().padStart(2, "0")
      : String.fromCharCode(byte)).join("");

async function start(client: Client, manifest: Manifest, requester: string) {
  return client.workflow.start("RegisterModel", {
    workflowId: workflowId(manifest.name),
    taskQueue: "model-registrar",
    args: [{ manifest, requester }],
  });
}

type Handle = Awaited<ReturnType<typeof start>>;

// Waits until a person is asked, or until the registration has ended without that.
async function untilAsked(handle: Handle): Promise<Progress> {
  for (;;) {
    const progress = await handle.query<Progress>("status");
    if (progress.approval?.open || progress.result) return progress;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

// The workflow ends as failed or cancelled with the same result in its details.
async function outcome(handle: Handle): Promise<Result> {
  try {
    return await handle.result() as Result;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure) return cause.details?.[0] as Result;
    throw error; // terminated, or Temporal cannot be reached
  }
}

const [file, requester, approver] = process.argv.slice(2);
const manifest: Manifest = JSON.parse(await readFile(file, "utf8"));
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? "localhost:7233" });
try {
  const client = new Client({ connection, namespace: process.env.TEMPORAL_NAMESPACE ?? "default" });
  const handle = await start(client, manifest, requester);
  const progress = await untilAsked(handle);
  if (progress.approval?.open) {
    console.log(`probe ${progress.validation?.status}, payload ${progress.payloadHash}`);
    const receipt = await handle.executeUpdate<Receipt, [object]>("decide", {
      updateId: `approve-${handle.firstExecutionRunId}`, // sent twice, it is one decision
      args: [{
        decision: "approve", approver, reason: "the evidence is fine",
        payloadHash: progress.payloadHash, runId: handle.firstExecutionRunId, probe: progress.validation?.status,
      }],
    });
    console.log(receipt.message);
  }
  console.log(JSON.stringify(await outcome(handle)));
} catch (error) {
  if (error instanceof WorkflowExecutionAlreadyStartedError) console.error(`${manifest.name} is being registered already`);
  else if (error instanceof WorkflowUpdateFailedError) console.error(`refused: ${error.cause?.message}`);
  else throw error;
  process.exitCode = 1;
} finally {
  await connection.close();
}
