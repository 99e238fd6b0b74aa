// Reads {secret, headers, body} as JSON from stdin. Exits with 0 if the delivery verifies, with 1 and the reason if not.
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(await text(process.stdin));
try {
  new Webhook(secret).verify(body, headers);
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
}
