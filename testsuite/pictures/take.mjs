// Takes the pictures of the Temporal UI, and approves a registration in the UI's own dialog. main.go starts it with one
// argument, the JSON of its type script. It fails if the UI does not show what the pictures are for.
import { chromium } from "playwright-core";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const { browser, profile, out, ui, workflowId, waiting, decision } = JSON.parse(process.argv[2]);
const list = `${ui}/namespaces/default/workflows`;
const registration = `${list}/${encodeURIComponent(workflowId)}`;
const view = { width: 1400, height: 1600 };

await mkdir(out, { recursive: true });
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browser,
  chromiumSandbox: process.getuid?.() !== 0, // root cannot have it
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
  viewport: view, locale: "en-US", timezoneId: "UTC", colorScheme: "light",
});
process.once("SIGINT", () => context.close().finally(() => process.exit(130)));
context.setDefaultTimeout(60_000);
await context.addInitScript(arrange);
const page = context.pages()[0];
const graph = page.locator("#event-history-timeline-graph");
try {
  await showList();
  await showRegistration("temporal-ui", "To decide:", "Wait 72h for 1 approval");
  await approve();
  await showRegistration("temporal-ui-completed", `approve by ${decision.approver}: ${decision.reason}`, "is COMPLETED");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await context.close();
}

// arrange does what a person would do once with the UI's buttons: fold the navigation, and choose columns that say how
// far each registration is.
function arrange() {
  const columns = ["Status", "Workflow ID", "RegistrationStage", "ModelArchitecture", "Start"];
  localStorage.setItem("navOpen", "false");
  localStorage.setItem("namespace-workflow-table-columns", JSON.stringify({ default: columns.map((label) => ({ label })) }));
}

// showList filters the list by stage: exactly the registrations that wait for approval are to be there.
async function showList() {
  const query = 'RegistrationStage="WAITING_FOR_APPROVAL"';
  await page.goto(`${list}?query=${encodeURIComponent(query)}`);
  await page.getByRole("heading").getByText(`${waiting.length} Workflows`).waitFor();
  for (const id of waiting) await page.getByRole("link", { name: id }).waitFor();
  await save("temporal-ui-list", await page.screenshot({ clip: { x: 0, y: 0, width: view.width, height: 400 } }));
}

// showRegistration shows the registration's page: what is known of it, and its timeline. The UI has these in two tabs;
// the picture has one below the other. It waits until each says what it should.
async function showRegistration(name, known, happened) {
  await page.goto(registration);
  await graph.getByText(happened).waitFor();
  const heading = await page.getByRole("heading", { name: "Timeline" }).boundingBox();
  const timeline = await cut(heading.y - 16, await bottom(graph));
  await page.getByRole("tab", { name: "User Metadata" }).click();
  await page.frameLocator("iframe >> nth=-1").getByText(known).waitFor();
  const details = await cut(0, await bottom(page.locator("iframe").last()));
  await save(name, await stack(details, timeline));
}

// approve sends the signal as a person would who has nothing but the UI.
async function approve() {
  await page.getByRole("button", { name: "More Actions" }).click();
  await page.getByRole("menuitem", { name: "Send a Signal" }).click();
  const dialog = page.getByRole("dialog", { name: "Send a Signal" });
  await dialog.getByRole("button", { name: "Select a signal" }).click();
  const option = dialog.getByRole("option", { name: /^decide/ });
  await option.getByText("Approve or reject").waitFor();
  await option.click();
  await dialog.getByRole("textbox", { name: "Data" }).click();
  await page.keyboard.type(JSON.stringify(decision));
  await page.keyboard.press("Tab"); // the field lays the JSON out when it is left, and moves the button
  await dialog.getByText('"decision": "approve",').waitFor();
  await save("temporal-ui-signal", await dialog.screenshot());
  await dialog.getByRole("button", { name: "Submit" }).click();
  await dialog.waitFor({ state: "hidden" });
}

async function bottom(locator) {
  const box = await locator.boundingBox();
  return box.y + box.height + 16;
}

// cut takes the page's full width between two heights.
function cut(from, to) {
  return page.screenshot({ clip: { x: 0, y: from, width: view.width, height: to - from } });
}

// stack makes one picture of several, with a rule between them.
async function stack(...pictures) {
  const sheet = await context.newPage();
  const images = pictures.map((p) => `<img src="data:image/png;base64,${p.toString("base64")}">`);
  await sheet.setContent(`<!doctype html><style>body { margin: 0 } img { display: block } img + img { border-top: 6px solid #c9d9f0 }</style>
    ${images.join("")}`);
  const picture = await sheet.locator("body").screenshot();
  await sheet.close();
  return picture;
}

async function save(name, picture) {
  await writeFile(join(out, `${name}.png`), picture);
}
