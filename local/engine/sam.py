"""Runs SAM CLI commands one after another in one process, since its imports take longer than a deployment.

Each input line is a JSON object, {"args": [...], "cwd": "..."}; each output line is its result, {"code": 0, "output": "..."}.
Exits at the end of its input.
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
    """Runs one command and returns its exit code. Its output goes to the redirected streams."""
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
