"""An asynchronous invocation has one request id, as on AWS: the answer names it, and the function is given it.

MiniStack makes one id for the answer and another for each try. Who is told of an invocation's end by its id finds the
invocation by the answer's.
"""

import contextvars
import uuid

from ministack.services import lambda_svc

FIELD = "LaptopRequestId"

current = contextvars.ContextVar("request_id", default=None)


def request_id_of(config, made):
    """The id of the invocation that `config` was made for; else the one that was made for this call."""
    return config.get(FIELD) or made


def keep_request_ids(require):
    invoke = require(lambda_svc, "_invoke", ["name", "event", "headers", "path_qualifier", "query_params"])
    begin = require(lambda_svc, "invoke_async_with_retry", ["func", "event"])

    async def invoke_with_id(name, event, headers, path_qualifier=None, query_params=None):
        request_id = str(uuid.uuid4())
        token = current.set(request_id)
        try:
            status, answered, body = await invoke(name, event, headers, path_qualifier, query_params)
        finally:
            current.reset(token)
        return status, {**answered, "x-amzn-requestid": request_id} if status == 202 else answered, body

    def begin_with_id(func, event):
        request_id = current.get()
        if request_id is not None:
            config = {**(func.get("config") or func), FIELD: request_id}
            func = {**func, "config": config}
        begin(func, event)

    lambda_svc._invoke = invoke_with_id
    lambda_svc.invoke_async_with_retry = begin_with_id
