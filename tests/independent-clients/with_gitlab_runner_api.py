"""
One job by gitlab-runner-api. Input: JSON on stdin; output: one JSON document.

Two of its calls are not used because GitLab itself refuses them: `Job.auth` sends a PUT without a state, which is a 400;
and a second part of the log begins at a wrong offset, for the client forgets the line that it begins each log with.
"""
import json
import logging
import sys

from gitlab_runner_api import AuthException, Runner, failure_reasons
from gitlab_runner_api.logging import logger

logger.setLevel(logging.CRITICAL)


def runner_of(given):
    if "registrationToken" in given:
        return Runner.register(given["url"], given["registrationToken"], tags=["api"], run_untagged=False)
    return Runner(given["url"], given["runnerId"], given["runnerToken"], {"info": {"name": "independent"}})


def end(job, outcome):
    if outcome == "success":
        job.set_success()
    else:
        job.set_failed(failure_reasons.ScriptFailure())


def is_refused(call, error):
    try:
        call()
    except error:
        return True
    return False


def main():
    given = json.load(sys.stdin)
    runner = runner_of(given)
    job = runner.request_job()
    job.log += "first line\nsecond line\n"
    seen = {"job": job.id, "name": job.name, "script": job.script, "path": job.project_path, "url": job.job_url}
    end(job, given["outcome"])
    seen["state"] = job.state
    seen["again"] = runner.request_job()
    seen["unknown"] = is_refused(lambda: Runner(given["url"], 1, "glrt-unknown", {"info": {}}), AuthException)
    seen["over"] = is_refused(lambda: job.log.__iadd__("late\n"), AuthException)
    print(json.dumps(seen))


main()
