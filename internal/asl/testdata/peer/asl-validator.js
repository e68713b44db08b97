// Validates one definition per line with npm asl-validator; answers with its list of errors.
const validate = require("asl-validator");
require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    let errors;
    try {
      errors = validate(JSON.parse(line), { checkPaths: true, checkArn: true }).errors;
    } catch (err) {
      errors = [{ Message: String(err) }];
    }
    process.stdout.write(JSON.stringify(errors) + "\n");
  });
