// What the public AsyncAPI parser says of a document: exit 1 on an error or a warning.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const WARNING = 1; // 0 is an error; 2 and 3 are advice
const [path] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
const serious = diagnostics.filter(({ severity }) => severity <= WARNING);
for (const { code, path: place, message } of serious) console.error(`${path} ${place.join(".")}: ${message} (${code})`);
if (serious.length || !document) process.exit(1);
console.log(`AsyncAPI ${document.version()}: ${document.allMessages().length} messages, accepted by @asyncapi/parser`);
