"""moto's Step Functions, repaired where it cannot do what our definitions need.

Usage: peer.py PORT JSONATA FUNCTIONS

JSONATA is jsonata.js of package asl's tests, which evaluates expressions with the
reference implementation. FUNCTIONS is the address of a server that stands for all
Lambda functions: it is sent {"function", "payload"} and answers with the function's
answer, or with status 500 and its error.

Repaired: moto 5.2 evaluates no JSONata by itself; it writes variables into
expressions without escaping them; what an expression raises ends the execution
without Catch; where a rule of a Choice leads to the same state as its default does,
the default's Assign overwrites the rule's; after a first execution has ended it cannot copy
its state machine for a second; it starts nothing by alias; and it neither lists nor
deletes versions. Missing still: redrive, Express, deletion conflicts.
"""

import copy
import importlib
import json
import pkgutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from moto.core.config import default_user_config

default_user_config["stepfunctions"] = {"execute_state_machine": True}
default_user_config["lambda"] = {"use_docker": False}

import moto.stepfunctions.parser.asl as asl
import moto.stepfunctions.parser.asl.jsonata.jsonata as jsonata
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.responses import ActionResult, EmptyResult
from moto.server import main
from moto.stepfunctions.models import StateMachine, StepFunctionBackend
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.responses import StepFunctionResponse

port, evaluator, functions = sys.argv[1:]

# Expressions.
node = subprocess.Popen(["node", evaluator], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
turn = threading.Lock()


def evaluate(expression):
    with turn:
        node.stdin.write(json.dumps({"expr": str(expression), "vars": {}}) + "\n")
        answer = json.loads(node.stdout.readline())
    if "code" in answer:
        raise jsonata.JSONataException(answer["code"], answer["message"])
    return answer.get("value")  # where it is None, moto asks whether it is undefined


def declare(bindings):
    return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())


jsonata._eval_jsonata = evaluate
for found in pkgutil.walk_packages(asl.__path__, asl.__name__ + "."):
    try:
        module = importlib.import_module(found.name)
    except ImportError:  # needs what is not installed, and is not used
        continue
    if hasattr(module, "encode_jsonata_variable_declarations"):
        module.encode_jsonata_variable_declarations = declare


def evaluate_body(self, env):
    try:
        plain_evaluate_body(self, env)
    except jsonata.JSONataException as failed:
        name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        cause = f"The JSONata expression '{self.expression}' threw an error: {failed.details}"
        details = EventDetails(evaluationFailedEventDetails={"cause": cause, "error": name.error_name})
        kind = HistoryEventType.EvaluationFailed
        env.event_manager.add_event(context=env.event_history_context, event_type=kind, event_details=details)
        raise FailureEventException(FailureEvent(env=env, error_name=name, event_type=kind, event_details=details))


plain_evaluate_body = StringJSONata._eval_body
StringJSONata._eval_body = evaluate_body


# Choices.
def choose(self, env):
    for rule in self.choices_decl.rules:
        rule.eval(env)
        if env.stack.pop() is True:
            env.stack.append((rule.next_stmt.name, False))
            return
    env.stack.append((self.default_state.state_name, True))


def leave_choice(self, env):
    env.next_state_name, by_default = env.stack.pop()
    for declared in (self.assign_decl, self.output) if by_default else ():
        if declared:
            declared.eval(env=env)


StateChoice._eval_state = choose
StateChoice._eval_state_output = leave_choice


# Functions.
def invoke(self, function_name, qualifier, body, headers, response_headers):
    sent = json.dumps({"function": function_name, "payload": json.loads(body)}).encode()
    request = urllib.request.Request(functions, data=sent, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.read()
    except urllib.error.HTTPError as failed:
        response_headers["x-amz-function-error"] = "Unhandled"
        return failed.read()


LambdaSimpleBackend.invoke = invoke


# State machines, aliases and versions.
def describe(self, arn):
    machine, qualifier = ":".join(arn.split(":")[:7]), arn.split(":")[7:]
    found = plain_describe(self, machine)
    if not qualifier:
        return found
    alias = found.aliases.get(qualifier[0])
    if alias:
        qualifier = alias.routing_configuration[0]["stateMachineVersionArn"].split(":")[7:]
    version = found.versions.get(int(qualifier[0])) if qualifier[0].isnumeric() else None
    if not version:
        return plain_describe(self, machine + "-is-not-there")
    qualified = copy.copy(found)  # with the same executions
    qualified.definition, qualified.roleArn = version.definition, version.roleArn
    return qualified


plain_describe = StepFunctionBackend.describe_state_machine
StepFunctionsParserBackend.describe_state_machine = describe
StateMachine.__deepcopy__ = lambda self, memo: copy.copy(self)


def list_state_machine_versions(self):
    machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    versions = [{"stateMachineVersionArn": v.arn, "creationDate": v.creation_date} for v in machine.versions.values()]
    return ActionResult({"stateMachineVersions": versions[::-1]})


def delete_state_machine_version(self):
    arn = self._get_param("stateMachineVersionArn")
    machine = plain_describe(self.stepfunction_backend, arn.rsplit(":", 1)[0])
    machine.versions.pop(int(arn.rsplit(":", 1)[1]), None)
    return EmptyResult()


StepFunctionResponse.list_state_machine_versions = list_state_machine_versions
StepFunctionResponse.delete_state_machine_version = delete_state_machine_version

main(["-H", "127.0.0.1", "-p", port])
