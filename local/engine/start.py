"""Starts MiniStack with changes that the laptop needs and that MiniStack does not offer as settings.

1. A function's call goes to the laptop's host, on the unix socket LAPTOP_HOST_SOCKET, and its error keeps its name.
2. A caller with LAPTOP_EVENTS_KEY may put events of EC2 (`aws.ec2`), as EC2 does.
3. It exits when the process that started it does, since its standard input then ends.
4. With LAPTOP_ENGINE_SOCKET it is served on a unix socket, and on no port (unix_socket.py).
5. With LAPTOP_DECISIONS_SOCKET the calls that it makes itself ask the gateway first (seams.py).
6. Its CloudFormation keeps the policies of event buses (event_bus_policies.py).
7. An asynchronous invocation keeps the request id of its answer (request_ids.py).
8. A workflow's execution begins without a pause (start_pause.py).
9. A template is taken as the gateway hands it on (supported_templates.py).
10. HTTP APIs have their address at the laptop's webhook API (http_apis.py).
11. It has the public parameters of all stock images (public_images.py).
12. It has images of MicroVMs, as Lambda has them (microvm_images.py).

Each change replaces an internal function of MiniStack. Where that function is missing or has other parameters, the
start fails with a message.
"""

import http.client
import inspect
import json
import os
import sys
import threading
import time

from ministack import app
from ministack.services import eventbridge, lambda_svc

from event_bus_policies import know_event_bus_policies
from http_apis import serve_http_apis_elsewhere
from microvm_images import know_microvm_images
from public_images import publish_images
from request_ids import is_answered, keep_request_ids, request_id_of
from seams import ask_before_own_calls, is_task
from start_pause import begin_at_once
from supported_templates import take_supported_templates
from unix_socket import UnixConnection, listen_on_socket_if_asked

# Calls wait in the host's queue before they run. This is longer than any function's time-out.
QUEUE_SECONDS = 1800
# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
LONGEST_EVENT_AGE_SECONDS = 21600

# Where the host takes functions' calls. It knows by its header which one is called.
FUNCTIONS_PATH = "/functions"

host_socket = os.environ.pop("LAPTOP_HOST_SOCKET", "")


def require(owner, name, parameters):
    """The function `owner.name`; exits when it does not take `parameters`."""
    found = getattr(owner, name, None)
    taken = list(inspect.signature(found).parameters) if callable(found) else None
    if taken != parameters:
        sys.exit(
            f"MiniStack's {owner.__name__}.{name} is not what local/engine/start.py expects ({taken}): "
            "install the version that local/setup/requirements.txt names"
        )
    return found


def failure(name, message):
    return {"body": {"errorType": name, "errorMessage": message}, "error": True}


def event_age(func):
    """How long an asynchronous call is tried, in seconds."""
    config = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
    return int(config.get("MaximumEventAgeInSeconds") or LONGEST_EVENT_AGE_SECONDS)


def refused():
    """A call that the host has no room for: to a workflow an error of Lambda's, to a caller an answer with 429."""
    message = "Rate Exceeded."
    if is_task():
        return failure("Lambda.TooManyRequestsException", message)
    body = {"__type": "TooManyRequestsException", "message": message, "Reason": "ConcurrentInvocationLimitExceeded"}
    return {"throttle": True, "body": body}


def forward(func, event, url, request_id):
    """Forwards one call of a function to the laptop's host. An error keeps its name."""
    config = func.get("config") or func
    timeout = int(config.get("Timeout") or 3)
    headers = {
        "Content-Type": "application/json",
        "X-Amzn-Lambda-Function-Name": config.get("FunctionName", ""),
        "X-Amzn-Lambda-Function-Arn": config.get("FunctionArn", ""),
        "X-Amzn-Lambda-Request-Id": request_id_of(config, request_id),
        "X-Amzn-Lambda-Deadline-Ms": str(int((time.time() + timeout) * 1000)),
    }
    if is_task() or is_answered(config):
        headers["X-Laptop-Invocation"] = "synchronous"
        waits = QUEUE_SECONDS
    else:
        headers["X-Laptop-Event-Age-Seconds"] = str(event_age(func))
        waits = QUEUE_SECONDS + event_age(func)
    connection = UnixConnection(host_socket, timeout + waits)
    try:
        connection.request("POST", url, json.dumps(event).encode(), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"null")
        if answer.status == 429:
            return refused()
        failed = answer.headers.get("X-Amz-Function-Error") is not None
    except (OSError, ValueError, http.client.HTTPException) as error:
        return failure("Sandbox.Unreachable", f"The laptop's host did not answer: {error}")
    finally:
        connection.close()
    return {"body": body, "error": True} if failed else {"body": body}


def allow_ec2_events():
    original = require(eventbridge, "_put_events", ["data", "allow_aws_source"])
    key = os.environ.pop("LAPTOP_EVENTS_KEY", "")

    def put_events(data, allow_aws_source=False):
        entries = data.get("Entries", [])
        is_ours = bool(key) and bool(entries) and all(entry.get("TraceHeader") == key for entry in entries)
        return original(data, allow_aws_source=allow_aws_source or is_ours)

    eventbridge._put_events = put_events


def exit_with_parent():
    def watch():
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


require(lambda_svc, "_execute_function_proxy", ["func", "event", "url", "request_id"])
require(lambda_svc, "_proxy_url_for", ["config"])
lambda_svc._execute_function_proxy = forward
lambda_svc._proxy_url_for = lambda config: FUNCTIONS_PATH
keep_request_ids(require)
begin_at_once(require)
publish_images()
allow_ec2_events()
exit_with_parent()
know_event_bus_policies(require)
know_microvm_images(require)
take_supported_templates(require)
serve_http_apis_elsewhere(require)
listen_on_socket_if_asked()
ask_before_own_calls(require)
sys.argv = sys.argv[:1]
app.main()
