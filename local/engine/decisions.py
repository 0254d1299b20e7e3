"""Asks the gateway, over its unix socket, whether a call may be made."""

import http.client
import json

from unix_socket import UnixConnection

ANSWER_SECONDS = 10


class Decisions:
    """The gateway's evaluator, over a unix socket."""

    def __init__(self, path):
        self.path = path

    def refusal(self, caller, needs):
        """Why `caller` may not do what it needs; None when it may."""
        try:
            answer = self._ask({"caller": caller, "needs": needs})
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"The laptop's gateway did not answer: {error}"
        return None if answer.get("isAllowed") is True else str(answer.get("message", "refused"))

    def _ask(self, question):
        connection = UnixConnection(self.path, ANSWER_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/decisions", json.dumps(question), headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            return json.loads(body)
        finally:
            connection.close()
