"""Drives a GitLab with python-gitlab and prints what it saw as one JSON document. Input: JSON on stdin."""
import json
import sys

import gitlab


def runner_life(gl, project_id):
    created = gl.user.runners.create(
        {"runner_type": "project_type", "project_id": project_id, "tag_list": "a,b", "maximum_timeout": 600}
    )
    runner = gl.runners.get(created.id)
    runner.paused = True
    runner.save()
    seen = {
        "token": created.token[:5],
        "tags": runner.tag_list,
        "paused": gl.runners.get(created.id).paused,
        "listed": created.id in [each.id for each in gl.runners.list(iterator=True)],
        "of_project": created.id in [each.id for each in gl.projects.get(project_id).runners.list(iterator=True)],
        "among_all": created.id in [each.id for each in gl.runners_all.list(iterator=True, per_page=1)],
        "verified": verified(gl, created.token),
    }
    runner.delete()
    return {**seen, "gone": is_gone(lambda: gl.runners.get(created.id))}


def verified(gl, token):
    gl.runners.verify(token)
    return True


def is_gone(call):
    try:
        call()
    except gitlab.exceptions.GitlabGetError as error:
        return error.response_code == 404
    return False


def jobs(gl, project_id):
    project = gl.projects.get(project_id)
    pending = project.jobs.list(scope=["pending"], iterator=True, per_page=2)
    first, *others = sorted(pending, key=lambda job: job.id)
    job = project.jobs.get(first.id)
    job.cancel()
    return {
        "names": [each.name for each in [first, *others]],
        "tags": job.tag_list,
        "cancelled": project.jobs.get(first.id).status,
        "trace": project.jobs.get(first.id).trace().decode(),
        "absent": is_gone(lambda: project.jobs.get(10**9)),
    }


def webhooks(gl, project_id):
    project = gl.projects.get(project_id)
    webhook = project.hooks.create({"url": "http://127.0.0.1:9/hook", "job_events": True, "push_events": False})
    listed = [(each.url, each.job_events) for each in project.hooks.list(iterator=True) if each.id == webhook.id]
    webhook.delete()
    return {"listed": listed, "left": [each.id for each in project.hooks.list(iterator=True)]}


def main():
    given = json.load(sys.stdin)
    gl = gitlab.Gitlab(given["url"], private_token=given["accessToken"], keep_base_url=True)
    gl.auth()
    version, revision = gl.version()
    print(
        json.dumps(
            {
                "user": gl.user.username,
                "version": version,
                "revision": revision,
                "scopes": gl.personal_access_tokens.get("self").scopes,
                "projects": [each.id for each in gl.projects.list(membership=True, iterator=True)],
                "runner": runner_life(gl, given["projectId"]),
                "jobs": jobs(gl, given["projectId"]),
                "webhooks": webhooks(gl, given["projectId"]),
            }
        )
    )


main()
