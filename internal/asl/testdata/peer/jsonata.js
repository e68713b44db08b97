// Evaluates one expression per line with the reference implementation.
//   in:  {"expr": "...", "vars": {"states": {...}}}
//   out: {"value": ...}, {"undefined": true} or {"code": "T2001", "message": "..."}
//        and "accident": true beside where an object constructor changed the empty list it was mapped over
const jsonata = require("jsonata");
const lines = require("readline").createInterface({ input: process.stdin });

// What JSON would silently turn into null, or leave out, is an error.
const strict = (_key, value) => {
  if (typeof value === "number" && !Number.isFinite(value)) throw { code: "D1001" };
  if (typeof value === "function" || value?._jsonata_lambda || value?._jsonata_function) throw { code: "X0003" };
  return value;
};

let accident = false;
const push = Array.prototype.push;
Array.prototype.push = function (...values) {
  if (this.length === 0 && !this.sequence && values.length === 1 && values[0] === undefined) {
    accident ||= new Error().stack.split("\n")[2].includes("evaluateGroupExpression");
  }
  return push.apply(this, values);
};

const answer = async (line) => {
  try {
    const { expr, vars } = JSON.parse(line);
    accident = false;
    const compiled = jsonata(expr);
    compiled.registerFunction("parse", (text) => (text === undefined ? undefined : JSON.parse(text)), "<s-:x>");
    const value = await compiled.evaluate(undefined, vars);
    return `{${value === undefined ? '"undefined":true' : `"value":${JSON.stringify(value, strict)}`},"accident":${accident}}`;
  } catch (err) {
    return JSON.stringify({ code: err.code ?? "crash", message: String(err.message) });
  }
};

let queue = Promise.resolve();
lines.on("line", (line) => {
  queue = queue.then(async () => process.stdout.write((await answer(line)) + "\n"));
});
