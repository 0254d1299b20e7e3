"""An asynchronous invocation has one request id, as on AWS: the answer names it, and the function is given it.

MiniStack makes one id for the answer and another for each try. Who is told of an invocation's end by its id finds the
invocation by the answer's.
"""

import contextvars

from ministack import app
from ministack.services import lambda_svc

FIELD = "LaptopRequestId"

answered = contextvars.ContextVar("answered", default=None)


def request_id_of(config, made):
    """The id of the invocation that `config` was made for; else the one that was made for this call."""
    return config.get(FIELD) or made


def is_answered(config):
    """Whether a caller waits for the function's answer: an Invoke that is not asynchronous."""
    return answered.get() is not None and FIELD not in config


def keep_request_ids(require):
    parameters = ["method", "path", "headers", "body", "query_params", "request_id"]
    dispatch = require(app, "_dispatch_service_request", parameters)
    begin = require(lambda_svc, "invoke_async_with_retry", ["func", "event"])

    async def dispatch_with_id(method, path, headers, body, query_params, request_id):
        # What else leads to calls of functions, such as an event for a rule, makes one id for each.
        token = answered.set(request_id if path.endswith("/invocations") else None)
        try:
            return await dispatch(method, path, headers, body, query_params, request_id)
        finally:
            answered.reset(token)

    def begin_with_id(func, event):
        request_id = answered.get()
        if request_id is not None:
            config = {**(func.get("config") or func), FIELD: request_id}
            func = {**func, "config": config}
        begin(func, event)

    app._dispatch_service_request = dispatch_with_id
    lambda_svc.invoke_async_with_retry = begin_with_id
