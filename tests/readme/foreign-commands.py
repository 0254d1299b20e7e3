"""Holds commands of the AWS CLI and the SAM CLI to the tools' own definitions.

Takes a JSON list of {"arguments": [...], "isWhole": bool} on stdin and gives a list of the problems of each.
"""

import json
import sys

import botocore.session
from botocore import xform_name

# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
GLOBAL = {"region", "profile", "query", "output", "endpoint-url", "no-cli-pager", "debug"}

session = botocore.session.get_session()


def dashed(name: str) -> str:
    return xform_name(name, "-")


def options(arguments: list[str]) -> list[str]:
    return [each[2:].split("=")[0] for each in arguments if each.startswith("--")]


def of_aws(arguments: list[str], is_whole: bool) -> list[str]:
    service, operation, *rest = arguments
    if service not in session.get_available_services():
        return [f"there is no service {service}"]
    model = session.get_service_model(service)
    known = {dashed(name): name for name in model.operation_names}
    if operation not in known:
        return [f"{service} has no operation {operation}"]
    shape = model.operation_model(known[operation]).input_shape
    members = {dashed(name): member for name, member in shape.members.items()} if shape else {}
    given = options(rest)
    unknown = [each for each in given if each not in members and each not in GLOBAL]
    required = {dashed(name) for name in shape.required_members} if shape else set()
    missing = sorted(required - set(given)) if is_whole else []
    wrong = [
        f"--{name} is none of {member.enum}"
        for name, member in members.items()
        for value in [rest[rest.index(f"--{name}") + 1] if f"--{name}" in rest[:-1] else None]
        if value is not None and getattr(member, "enum", None) and value not in member.enum
    ]
    return [*(f"{operation} has no --{each}" for each in unknown), *(f"--{each} is missing" for each in missing), *wrong]


def of_sam(arguments: list[str], _: bool) -> list[str]:
    import click
    from samcli.cli.main import cli

    name, *rest = arguments
    # Without an object of its own SAM gives a command that has no options.
    context = click.Context(cli, obj=object())
    command = cli.get_command(context, name)
    if command is None:
        return [f"sam has no command {name}"]
    known = {option[2:] for each in command.params for option in [*each.opts, *each.secondary_opts] if option.startswith("--")}
    return [f"sam {name} has no --{each}" for each in options(rest) if each not in known]


CHECKS = {"aws": of_aws, "sam": of_sam}

json.dump(
    [CHECKS[call["arguments"][0]](call["arguments"][1:], call["isWhole"]) for call in json.load(sys.stdin)], sys.stdout
)
