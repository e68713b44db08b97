// Reads one webhook as JSON, {secret, raw, headers, body}, and prints what the
// library makes of it. Receivers do the same.
const { Webhook } = require("standardwebhooks");

let input = "";
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => {
  const { secret, raw, headers, body } = JSON.parse(input);
  const webhook = new Webhook(secret, raw ? { format: "raw" } : undefined);
  try {
    process.stdout.write(JSON.stringify({ payload: webhook.verify(body, headers) }));
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: error.message }));
  }
});
