// Subscribes to events of OneVisit with the public NATS client, and prints each as one JSON line.
//
//   npm install --no-package-lock --prefix docs/examples
//   ONEVISIT_TOKEN_COMMAND='.venv/bin/onevisit token --as medical-insurance' \
//       node docs/examples/subscribe.mjs from-javascript 'evt.certificate.issued.household-register-page.33.>'
import { execSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const url = process.env.ONEVISIT_URL ?? "http://127.0.0.1:8080";
const [name, ...topics] = process.argv.slice(2);
let connection;
let stopping = false;

async function subscription(token) {
  const answer = await fetch(`${url}/v1/subscriptions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name, topics }),
  });
  if (answer.ok) return (await answer.json()).nats;
  console.error(await answer.text());
  if (answer.status < 500 && answer.status !== 429) process.exit(1);
  throw new Error(`subscription: ${answer.status}`);
}

// One connection: it ends when NATS goes away, or when the token that opened it is an hour old.
async function receive() {
  const token = execSync(process.env.ONEVISIT_TOKEN_COMMAND, { encoding: "utf8" }).trim();
  const nats = await subscription(token); // idempotent: the same again changes nothing
  connection = await connect({ servers: nats.url.split(","), token, inboxPrefix: nats.inbox_prefix, reconnect: false });
  const consumer = await jetstream(connection).consumers.get(nats.stream, nats.consumer);
  for await (const message of await consumer.consume({ max_messages: 100 })) {
    if (stopping) break;
    console.log(message.string());
    message.ack(); // after the effect; what is not acknowledged comes again, so be ready to see an event twice
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    stopping = true;
    await connection?.drain(); // what was acknowledged reaches the server
    process.exit(0);
  });
}
while (!stopping) {
  await receive().catch((error) => console.error(`${error.name}: ${error.message}`));
  await connection?.close();
  await pause(1000);
}
