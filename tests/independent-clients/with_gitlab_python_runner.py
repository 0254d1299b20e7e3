"""One job by gitlab-python-runner's own calls. Input: JSON on stdin; output: one JSON document."""
import json
import os
import sys
import tempfile
import zipfile

from GitlabPyRunner.common import generate_config
from GitlabPyRunner.runner import Runner
from GitlabPyRunner.trace import TraceProxy


def run(runner, job, outcome):
    trace = TraceProxy(runner, job)
    trace.writeline("first line, größer")
    trace.flush()
    trace.writeline("second line")
    trace.flush()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "archive.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("result.txt", "done")
        runner.upload(trace, job, path)
    trace.flush()
    (runner.success if outcome == "success" else runner.failed)(job)


def main():
    given = json.load(sys.stdin)
    runner = Runner(given["url"], given.get("runnerToken"))
    if "registrationToken" in given:
        runner.register("independent", given["registrationToken"], ["python"])
    job = runner.poll()
    if job is not None:
        run(runner, job, given["outcome"])
    again = runner.poll()
    seen = {
        "job": job and job["id"],
        "steps": job and generate_config(job)[job["job_info"]["name"]]["script"],
        "again": again,
    }
    if "registrationToken" in given:
        runner.unregister()
    print(json.dumps(seen))


main()
