"""Starts MiniStack with seams that the laptop needs and that it does not offer as settings.

1. A function's error keeps its name when a call is forwarded to a host of our own.
2. Events of EC2 (`aws.ec2`) may be put by whoever knows LAPTOP_EVENTS_KEY, as EC2 itself would.
3. When the process that started it goes away, it goes too: its standard input then ends.
4. With LAPTOP_ENGINE_SOCKET it is served on a unix socket, and on no port (unix_socket.py).
5. With LAPTOP_DECISIONS_SOCKET the calls that it makes itself ask the gateway first (seams.py).

Each seam replaces something internal to MiniStack. Where that is gone or has another shape, this stops at
once with a sentence, instead of running with half of what the laptop counts on.
"""

import inspect
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

from ministack import app
from ministack.services import eventbridge, lambda_svc

from seams import ask_before_own_calls
from unix_socket import listen_on_socket_if_asked

# Calls wait in the host's queue before they run: longer than any function's own time-out.
QUEUE_SECONDS = 1800


def require(owner, name, parameters):
    """The function `owner.name`, when it still takes `parameters`."""
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


def forward(func, event, url, request_id):
    """One call of a function, run by the laptop's host. A named error comes back as it was thrown."""
    config = func.get("config") or func
    timeout = int(config.get("Timeout") or 3)
    headers = {
        "Content-Type": "application/json",
        "X-Amzn-Lambda-Function-Name": config.get("FunctionName", ""),
        "X-Amzn-Lambda-Function-Arn": config.get("FunctionArn", ""),
        "X-Amzn-Lambda-Request-Id": request_id,
        "X-Amzn-Lambda-Deadline-Ms": str(int((time.time() + timeout) * 1000)),
    }
    request = urllib.request.Request(url, json.dumps(event).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout + QUEUE_SECONDS) as answer:
            body = json.loads(answer.read() or b"null")
            failed = answer.headers.get("X-Amz-Function-Error") is not None
    except (OSError, ValueError) as error:
        return failure("Sandbox.Unreachable", f"The laptop's host did not answer: {error}")
    return {"body": body, "error": True} if failed else {"body": body}


def allow_ec2_events():
    original = require(eventbridge, "_put_events", ["data", "allow_aws_source"])
    key = os.environ.pop("LAPTOP_EVENTS_KEY", "")

    def put_events(data, allow_aws_source=False):
        entries = data.get("Entries", [])
        is_ours = bool(key) and bool(entries) and all(entry.get("TraceHeader") == key for entry in entries)
        return original(data, allow_aws_source=allow_aws_source or is_ours)

    eventbridge._put_events = put_events


def leave_with_parent():
    def watch():
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


require(lambda_svc, "_execute_function_proxy", ["func", "event", "url", "request_id"])
lambda_svc._execute_function_proxy = forward
allow_ec2_events()
leave_with_parent()
listen_on_socket_if_asked()
ask_before_own_calls(require)
sys.argv = sys.argv[:1]
app.main()
