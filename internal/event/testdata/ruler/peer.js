// Asks Event Ruler: every line of the input is {"rule": text, "event": text}, every
// line of the output true, false, or what is wrong with the rule.
var reader = new java.io.BufferedReader(new java.io.InputStreamReader(java.lang.System["in"], "UTF-8"));
var out = new java.io.PrintStream(java.lang.System.out, true, "UTF-8");
for (var line = reader.readLine(); line !== null; line = reader.readLine()) {
  var asked = JSON.parse(line);
  var answer;
  try {
    var machine = new Packages.software.amazon.event.ruler.Machine();
    machine.addRule("rule", asked.rule);
    answer = String(!machine.rulesForJSONEvent(asked.event).isEmpty());
  } catch (e) {
    answer = "error: " + String(e.message).replace(/\s+/g, " ");
  }
  out.println(answer);
}
