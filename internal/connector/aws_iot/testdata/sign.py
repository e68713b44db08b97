"""Signs a request as AWS's own Python client does, and prints its Authorization.

Reads {method, url, headers, body, service, region, key, secret, date} from stdin.
"""
import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

asked = json.load(sys.stdin)
date = datetime.datetime.strptime(asked["date"], "%Y%m%dT%H%M%SZ")
botocore.auth.get_current_datetime = lambda *_, **__: date
request = AWSRequest(method=asked["method"], url=asked["url"], headers=asked["headers"], data=asked["body"].encode())
botocore.auth.SigV4Auth(Credentials(asked["key"], asked["secret"]), asked["service"], asked["region"]).add_auth(request)
print(request.headers["Authorization"])
