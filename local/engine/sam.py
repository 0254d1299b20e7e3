"""Runs commands of the SAM CLI one after another, in one process: its imports take longer than a deployment.

Reads a JSON object a line, {"args": [...], "cwd": "..."}, and answers each with one, {"code": 0, "output": "..."}.
Ends when its input does.
"""

import contextlib
import io
import json
import os
import sys
import traceback

import click
import samcli.commands.deploy.command  # noqa: F401  loaded now, while the engine still starts
import samcli.commands.deploy.deploy_context  # noqa: F401
import samcli.commands.package.package_context  # noqa: F401
from samcli.cli.main import cli

answers = sys.stdout


def run(args):
    """The exit code of one command; what it writes goes to the redirected streams."""
    try:
        cli.main(args=args, prog_name="sam", standalone_mode=False)
        return 0
    except click.ClickException as error:
        error.show(file=sys.stdout)
        return error.exit_code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except Exception:
        traceback.print_exc()
        return 1


for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["cwd"])
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = run(asked["args"])
    print(json.dumps({"code": code, "output": output.getvalue()}), file=answers, flush=True)
