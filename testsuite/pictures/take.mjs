// Takes the pictures of the Temporal UI, and approves the registration in the UI's own dialog. It is started by main.go
// with one argument, the JSON of its type script, and fails if the UI does not show what the pictures are to show.
import { chromium } from "playwright-core";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const { browser: executablePath, profile, out, ui, workflowId, waiting, decision } = JSON.parse(process.argv[2]);
const list = `${ui}/namespaces/default/workflows`;
const workflow = `${list}/${encodeURIComponent(workflowId)}`;
const width = 1400;

await mkdir(out, { recursive: true });
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  chromiumSandbox: process.getuid?.() !== 0, // root cannot have one
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
  viewport: { width, height: 1000 }, locale: "en-US", timezoneId: "UTC", colorScheme: "light",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => context.close().finally(() => process.exit(130)));
context.setDefaultTimeout(30_000);
await context.addInitScript(preferences);
const page = context.pages()[0] ?? await context.newPage();
try {
  await takeWaiting();
  await takeList();
  await approve();
  await takeCompleted();
} finally {
  await context.close();
}

// preferences are what a person would set once with the UI's buttons: the navigation folded, and columns that say how
// far each registration is.
function preferences() {
  const columns = ["Status", "Workflow ID", "RegistrationStage", "ModelArchitecture", "ModelName", "Start"];
  localStorage.setItem("navOpen", "false");
  localStorage.setItem("namespace-workflow-table-columns", JSON.stringify({ default: columns.map((label) => ({ label })) }));
}

// takeWaiting shows the page of a registration that waits for approval: what is known of it, and its timeline. The UI
// has these in two tabs, so the picture has one below the other.
async function takeWaiting() {
  await page.goto(workflow);
  await page.getByText("Wait 72h for a decision").first().waitFor();
  const timeline = await capture(page.getByRole("heading", { name: "Timeline" }), lastOf("svg"));
  await page.getByRole("tab", { name: "User Metadata" }).click();
  await page.frameLocator("iframe").last().getByText("To decide, either").waitFor();
  const details = await capture(page.locator("body"), lastOf("iframe"));
  await stack("temporal-ui", [details, timeline]);
}

const lastOf = (what) => page.locator(`main ${what}`).last();
