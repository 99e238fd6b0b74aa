// Takes the pictures of the Temporal UI, and approves a registration in the UI's own dialog. main.go starts it with one
// argument, the JSON of its type script. It fails if the UI does not show what the pictures are for.
import { chromium } from "playwright-core";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const { browser, profile, out, ui, workflowId, waiting, decision } = JSON.parse(process.argv[2]);
const list = `${ui}/namespaces/default/workflows`;
const registration = `${list}/${encodeURIComponent(workflowId)}`;
const view = { width: 1400, height: 1200 };

await mkdir(out, { recursive: true });
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browser,
  chromiumSandbox: process.getuid?.() !== 0, // root cannot have it
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
  viewport: view, locale: "en-US", timezoneId: "UTC", colorScheme: "light",
});
process.once("SIGINT", () => context.close().finally(() => process.exit(130)));
context.setDefaultTimeout(30_000);
await context.addInitScript(arrange);
const page = context.pages()[0];
try {
  await showList();
  await showWaiting();
  await approve();
  await showCompleted();
} finally {
  await context.close();
}

// arrange does what a person would do once with the UI's buttons: fold the navigation, and choose columns that say how
// far each registration is.
function arrange() {
  const columns = ["Status", "Workflow ID", "RegistrationStage", "ModelArchitecture", "Start", "Execution Duration"];
  localStorage.setItem("navOpen", "false");
  localStorage.setItem("namespace-workflow-table-columns", JSON.stringify({ default: columns.map((label) => ({ label })) }));
}

// showList filters the list by stage: exactly the registrations that wait for approval are to be there.
async function showList() {
  const query = 'RegistrationStage="WAITING_FOR_APPROVAL"';
  await page.goto(`${list}?query=${encodeURIComponent(query)}`);
  await page.getByRole("heading").getByText(`${waiting.length} Workflows`).waitFor();
  for (const id of waiting) await page.getByRole("link", { name: id }).waitFor();
  await save("temporal-ui-list", await page.screenshot({ clip: { x: 0, y: 0, width: view.width, height: 460 } }));
}

// showWaiting shows what is known of a registration that waits for approval, and its timeline. The UI has these in two
// tabs; the picture has one below the other.
async function showWaiting() {
  await page.goto(registration);
  await page.waitForTimeout(4000); console.log(JSON.stringify(await page.locator("#event-history-timeline-graph").innerText())); console.log(await page.locator("#event-history-timeline-graph").ariaSnapshot()); await page.screenshot({path:"/tmp/pics/dbg.png"});
  process.exit(3);
  await page.getByRole("tab", { name: "User Metadata" }).click();
  await page.frameLocator("iframe >> nth=-1").getByText("To decide, either").waitFor();
  const details = await cut(0, await bottom(page.locator("iframe").last()));
  await save("temporal-ui", await stack(details, timeline));
}

// approve sends the signal as a person would, whose only tool is the UI.
async function approve() {
  await page.getByRole("button", { name: "More Actions" }).click();
  await page.getByRole("menuitem", { name: "Send a Signal" }).click();
  const dialog = page.getByRole("dialog", { name: "Send a Signal" });
  await dialog.getByRole("button", { name: "Select a signal" }).click();
  await dialog.getByRole("option", { name: /^decide/ }).click();
  await dialog.getByRole("textbox", { name: "Data" }).click();
  await page.keyboard.type(JSON.stringify(decision));
  await save("temporal-ui-signal", await page.screenshot({ clip: { x: 200, y: 200, width: 1000, height: 800 } }));
  await dialog.getByRole("button", { name: "Submit" }).click();
  await dialog.waitFor({ state: "hidden" });
}

// showCompleted waits until the page itself says that the registration has completed.
async function showCompleted() {
  await page.goto(registration);
  await page.getByRole("main").getByRole("status").getByText("Completed").waitFor();
  await page.getByText("that it is COMPLETED").first().waitFor();
  await save("temporal-ui-completed", await cut(0, await timelineEnd()));
}

async function save() {}
