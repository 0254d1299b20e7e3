"""Calls that MiniStack makes itself, which never pass the gateway: each asks it first.

- A rule's or a schedule's target (`eventbridge._invoke_target`): with the target's role where it has one, else as
  the service with the rule as its source. What is refused goes to the target's dead-letter queue, as on AWS.
- A workflow's task (`stepfunctions._invoke_resource`: a function, or events for the bus), with the workflow's role.
- What a function's failed asynchronous call leaves (`lambda_svc._route_async_failure`), with the function's role.
- A log group's subscription (`cloudwatch_logs._fanout_to_subscription_filters`), as the service with the group as its
  source.

LAPTOP_DECISIONS_SOCKET names the unix socket on which the gateway answers. Without an answer nothing is called.
"""

import contextvars
import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor

from ministack.core.arn import parse_arn
from ministack.core.responses import get_region
from ministack.services import cloudwatch_logs, eventbridge, lambda_svc, stepfunctions

from decisions import Decisions

log = logging.getLogger("seams")

DELIVERIES_AT_ONCE = 32

# What a call to each service needs, by the service in the target's ARN.
ACTIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "states": "states:StartExecution",
}


def role_session(role_arn, session_name, service, source_arn):
    """A session of a role that a service takes on behalf of one of its resources."""
    return {
        "kind": "role",
        "roleArn": role_arn,
        "sessionName": session_name,
        "assumedBy": {"service": service, "sourceArn": source_arn},
    }


def need(service, arn, context=None):
    action = ACTIONS.get(service)
    return {"action": action or f"{service}:Unknown", "resource": arn, "context": context or {}}


# ------------------------------------------------------------------------------------- rules and schedules

deliveries = ThreadPoolExecutor(max_workers=DELIVERIES_AT_ONCE, thread_name_prefix="delivery")


def caller_of_target(target, rule):
    """A schedule always has a role; a rule's target has one where the service has no policies of resources."""
    arn = rule.get("Arn", "")
    is_schedule = ":scheduler:" in arn
    service = "scheduler.amazonaws.com" if is_schedule else "events.amazonaws.com"
    role = target.get("RoleArn") or rule.get("RoleArn")
    if role:
        return role_session(role, arn.rsplit("/", 1)[-1] or "rule", service, arn)
    return {"kind": "service", "service": service, "sourceArn": arn}


def needs_of_target(target, event):
    arn = target.get("Arn", "")
    service = parse_arn(arn).service
    context = {}
    if service == "events":
        context = {"events:source": [event.get("Source", "")], "events:detail-type": [event.get("DetailType", "")]}
    return [need(service, arn, context)]


def letter_attributes(target, rule, message):
    """What EventBridge says of a delivery that it gave up."""
    texts = {
        "RULE_ARN": rule.get("Arn", ""),
        "TARGET_ARN": target.get("Arn", ""),
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": message,
    }
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}


def give_up(decisions, target, event, rule, message):
    """Sends what was refused to the target's dead-letter queue, if that takes it."""
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    source = {"kind": "service", "service": "events.amazonaws.com", "sourceArn": rule.get("Arn", "")}
    refused = decisions.refusal(source, [need("sqs", queue_arn)]) if queue_arn else "there is no dead-letter queue"
    if refused:
        log.warning("An event for %s is lost: %s; %s", target.get("Arn"), message, refused)
        return
    from ministack.services import sqs

    queue = sqs._queue_by_arn(queue_arn)
    payload = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
    eventbridge._dispatch_to_sqs(parse_arn(queue_arn), payload)
    if queue and queue["messages"]:
        queue["messages"][-1]["message_attributes"] = letter_attributes(target, rule, message)


def guard_targets(require, decisions):
    invoke = require(eventbridge, "_invoke_target", ["target", "event", "rule", "view"])

    def deliver(target, event, rule, view):
        try:
            refused = decisions.refusal(caller_of_target(target, rule), needs_of_target(target, event))
            if refused:
                give_up(decisions, target, event, rule, refused)
            else:
                invoke(target, event, rule, view)
        except Exception:
            log.exception("A target of %s was not called", rule.get("Arn"))

    # PutEvents runs on the server's event loop. Asking there would stop the server, which the gateway may need
    # for its answer; on AWS, too, targets are called after PutEvents has answered.
    def invoke_target(target, event, rule, view=None):
        deliveries.submit(contextvars.copy_context().run, deliver, target, event, rule, view)

    eventbridge._invoke_target = invoke_target


# --------------------------------------------------------------------------------------------- workflows

running = contextvars.ContextVar("running", default=None)


def is_task():
    """Whether a workflow's task is being done."""
    return running.get() is not None


def bus_arn(name, role_arn):
    """Of the account of the role and the region of the call."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:events:{get_region()}:{parse_arn(role_arn).account_id}:event-bus/{name}"


def put_needs(entries, role_arn):
    """One right for each bus, for all sources and kinds of its entries together."""
    buses = {}
    for entry in entries:
        buses.setdefault(bus_arn(entry.get("EventBusName", "default"), role_arn), []).append(entry)
    return [
        need(
            "events",
            arn,
            {
                "events:source": sorted({entry.get("Source", "") for entry in own}),
                "events:detail-type": sorted({entry.get("DetailType", "") for entry in own}),
            },
        )
        for arn, own in buses.items()
    ]


def task_needs(resource, given, role_arn):
    """Our workflows call functions and put events: no other task is known."""
    if "states:::events:putEvents" in resource:
        return put_needs(given.get("Entries", []), role_arn)
    if "states:::lambda:invoke" in resource:
        return [need("lambda", given.get("FunctionName", ""))]
    return [need(parse_arn(resource).service, resource)]


def refusal_error(resource):
    """The name under which Step Functions reports that a service refused a task."""
    if "states:::events:" in resource:
        return "EventBridge.AccessDeniedException"
    return "Lambda.AWSLambdaException"


def guard_tasks(require, decisions):
    execute = require(stepfunctions, "_execute_task", ["state_def", "raw_input", "execution", "ctx"])
    invoke = require(stepfunctions, "_invoke_resource", ["resource", "input_data"])
    require(stepfunctions, "_invoke_resource_with_timeout", ["resource", "input_data", "timeout"])

    def execute_task(state_def, raw_input, execution, ctx):
        token = running.set(execution)
        try:
            return execute(state_def, raw_input, execution, ctx)
        finally:
            running.reset(token)

    def invoke_resource(resource, input_data):
        execution = running.get() or {}
        machine_arn = execution.get("stateMachineArn", "")
        role = (stepfunctions._state_machines.get(machine_arn) or {}).get("roleArn", "")
        caller = role_session(role, execution.get("name", "execution"), "states.amazonaws.com", machine_arn)
        refused = decisions.refusal(caller, task_needs(resource, input_data or {}, role))
        if refused:
            raise stepfunctions._ExecutionError(refusal_error(resource), refused)
        return invoke(resource, input_data)

    stepfunctions._execute_task = execute_task
    stepfunctions._invoke_resource = invoke_resource


# --------------------------------------------------------------------------------------------- functions


def guard_failures(require, decisions):
    route = require(lambda_svc, "_route_async_failure", ["target_arn", "func_name", "event", "result"])

    def route_async_failure(target_arn, func_name, event, result):
        config = (lambda_svc._functions.get(func_name) or {}).get("config", {})
        function_arn = config.get("FunctionArn", "")
        caller = role_session(config.get("Role", ""), func_name, "lambda.amazonaws.com", function_arn)
        refused = decisions.refusal(caller, [need(parse_arn(target_arn).service, target_arn)])
        if refused:
            log.warning("What a call of %s left is lost: %s", func_name, refused)
        else:
            route(target_arn, func_name, event, result)

    lambda_svc._route_async_failure = route_async_failure


# --------------------------------------------------------------------------------------------- log groups


def guard_subscriptions(require, decisions):
    fan_out = require(cloudwatch_logs, "_fanout_to_subscription_filters", ["group_name", "stream_name", "events"])

    def deliver(group_name, stream_name, events, group):
        try:
            targets = [found.get("destinationArn", "") for found in group["subscriptionFilters"].values()]
            source = {"kind": "service", "service": "logs.amazonaws.com", "sourceArn": group.get("arn", "")}
            refused = decisions.refusal(source, [need("lambda", arn) for arn in targets])
            if refused:
                log.warning("Lines of %s are delivered to nobody: %s", group_name, refused)
            else:
                fan_out(group_name, stream_name, events)
        except Exception:
            log.exception("Lines of %s were not delivered", group_name)

    # As for targets: PutLogEvents runs on the server's event loop.
    def fan_out_after_answer(group_name, stream_name, events):
        group = cloudwatch_logs._log_groups.get(group_name)
        if group and group.get("subscriptionFilters") and events:
            run = contextvars.copy_context().run
            deliveries.submit(run, deliver, group_name, stream_name, list(events), group)

    cloudwatch_logs._fanout_to_subscription_filters = fan_out_after_answer


def ask_before_own_calls(require):
    """Puts the seams in, when a socket to ask on is named."""
    path = os.environ.pop("LAPTOP_DECISIONS_SOCKET", "")
    if not path:
        return
    decisions = Decisions(path)
    guard_targets(require, decisions)
    guard_tasks(require, decisions)
    guard_failures(require, decisions)
    guard_subscriptions(require, decisions)
