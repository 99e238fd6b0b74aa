// A receiver of the registrar's webhooks. WEBHOOK_SECRET is the registrar's; PORT is where to listen.
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const seen = new Set(); // keep this where it survives a restart

createServer(async (request, response) => {
  if (!request.headers["webhook-signature"]) { // the platform's own callback: nobody vouches for it, so it is taken and ignored
    request.resume();
    response.writeHead(204).end();
    return;
  }
  const body = await buffer(request); // to the byte: parsing and writing it again breaks the signature
  let event;
  try {
    event = webhook.verify(body, request.headers);
  } catch (error) {
    response.writeHead(401).end(error.message);
    return;
  }
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) { // an event may come more than once
    seen.add(id);
    console.log(`${event.name} is ${event.status}`, event.checkpoint ?? "");
  }
  response.writeHead(204).end();
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1", function () {
  console.log("listening on port", this.address().port);
});
