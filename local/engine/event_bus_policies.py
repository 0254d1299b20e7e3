"""Teaches MiniStack's CloudFormation the type AWS::Events::EventBusPolicy, which it does not know.

A statement is part of the bus's policy, as DescribeEventBus shows it, from its resource's creation to its deletion.
MiniStack itself enforces no policy: the gateway reads it there. See
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
"""

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

TYPE = "AWS::Events::EventBusPolicy"


def bus_of(props):
    return props.get("EventBusName") or "default"


def statement_of(props):
    statement = props.get("Statement")
    if not isinstance(statement, dict):
        raise ValueError(f"{TYPE} is known here with a Statement alone")
    return {**statement, "Sid": props["StatementId"]}


def put(props):
    policy = eventbridge._event_bus_policies.get(bus_of(props)) or {"Version": "2012-10-17", "Statement": []}
    others = [one for one in policy["Statement"] if one.get("Sid") != props["StatementId"]]
    eventbridge._event_bus_policies[bus_of(props)] = {**policy, "Statement": [*others, statement_of(props)]}


def remove(props):
    eventbridge._remove_permission({"EventBusName": bus_of(props), "StatementId": props["StatementId"]})


def physical_id(props):
    return f"{bus_of(props)}|{props['StatementId']}"


def create(logical_id, props, stack_name):
    put(props)
    return physical_id(props), {}


def update(old_id, old_props, new_props, stack_name):
    remove(old_props)
    put(new_props)
    return physical_id(new_props), {}


def delete(old_id, props):
    remove(props)


def know_event_bus_policies(require):
    require(eventbridge, "_remove_permission", ["data"])
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "update": update, "delete": delete}
