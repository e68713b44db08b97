// Reads lines of {"expression": text, "variables": object} and answers each with
// a line of {"value": any}, {} for undefined, or {"error": message}.
import { createInterface } from "node:readline";
import jsonata from "jsonata";

async function answer({ expression, variables }) {
  try {
    const value = await jsonata(expression).evaluate(undefined, variables);
    return value === undefined ? {} : { value };
  } catch (err) {
    return { error: err.message ?? String(err) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
