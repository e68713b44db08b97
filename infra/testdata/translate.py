"""Writes what SAM makes of a template, as JSON: what CloudFormation would be given.

usage: translate.py template.yaml
"""

import json
import os
import sys
from unittest import mock

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402


def local_code(template):
    """Puts the place where sam package would upload a function's code."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            folder = resource["Properties"]["CodeUri"]
            resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": folder}
    return template


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = local_code(yaml_parse(file.read()))
    managed = {
        "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "AWSCodeDeployRoleForLambda": "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
    }
    session = mock.Mock(region_name="eu-central-1")
    translator = Translator(managed, Parser(), boto_session=session)
    defaults = {name: p["Default"] for name, p in template["Parameters"].items() if "Default" in p}
    json.dump(translator.translate(template, defaults), sys.stdout, default=str)


main()
