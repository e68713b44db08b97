"""Shows schemathesis what is there, so that its requests are about real things.

SWITCHBOARD_EXAMPLES names a file of JSON: for each operation, "GET /v1/agents/{id}",
one request that has to succeed: path_parameters, query, headers, body.
"""

import json
import os

import schemathesis

with open(os.environ["SWITCHBOARD_EXAMPLES"]) as file:
    EXAMPLES = json.load(file)

# How often a path was filled in. One of four stays as it was generated: what is not
# there has to be answered as described, too.
seen = {}


@schemathesis.hook
def before_add_examples(context, examples):
    """The request is among the examples of the description."""
    example = EXAMPLES.get(context.operation.label)
    if example is None:
        return
    case = {name: value for name, value in example.items() if value is not None}
    if "body" in case:
        case["media_type"] = "application/json"
    examples.append(context.operation.Case(**case))


@schemathesis.hook
def before_call(context, case, kwargs):
    """What is generated for the rest of a request is tried on a thing that is there.

    Removing one takes one: the others are not there. Links have things of their own.
    """
    label = case.operation.label
    real = (EXAMPLES.get(label) or {}).get("path_parameters")
    if not real or case.method != case.operation.method.upper() or case.method == "DELETE":
        return
    if case.meta is None or case.meta.phase.name.value not in ("coverage", "fuzzing"):
        return
    path = [part for location, part in case.meta.components.items() if location.value == "path"]
    if any(part.mode.is_negative for part in path):
        return
    seen[label] = seen.get(label, 0) + 1
    if seen[label] % 4:
        case.path_parameters = dict(real)
