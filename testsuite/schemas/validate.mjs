// Reads a JSON Schema from a file and manifests, one JSON text a line, from stdin; answers a line each: ok or wrong.
import Ajv from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const check = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(process.argv[2], "utf8")));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(check(JSON.parse(line)) ? "ok" : "wrong");
}
