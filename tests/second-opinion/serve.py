"""Serves moto's double of AWS on a free port of loopback until stdin ends, and says where on stdout.

One request after the other: where moto works on several at once, two transactions on one item may both succeed, which
DynamoDB's serializable isolation rules out.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
"""

import json
import logging
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"endpoint": f"http://127.0.0.1:{server.server_port}"}), flush=True)
sys.stdin.read()
