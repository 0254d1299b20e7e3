"""From a job's end to nothing left. Draw: see images/README.md."""

from diagrams import Cluster, Diagram
from diagrams.aws.compute import EC2, Lambda
from diagrams.aws.database import Dynamodb
from diagrams.aws.integration import Eventbridge, EventbridgeRule, EventbridgeScheduler, ExpressWorkflows
from diagrams.onprem.vcs import Gitlab

from style import CLUSTER, GRAPH, NODE, call, data

with Diagram(
    "A job runs and ends: its runner goes",
    filename="base_infra_completed",
    direction="LR",
    show=False,
    graph_attr=GRAPH,
    node_attr=NODE,
):
    gitlab = Gitlab("GitLab")

    with Cluster("Infrastructure", graph_attr=CLUSTER):
        bus = Eventbridge("event bus")

    with Cluster("AutoScaler", graph_attr=CLUSTER):
        running = EventbridgeRule("rule: running")
        ended = EventbridgeRule("rule: success,\nfailed, canceled")
        minute = EventbridgeScheduler("every minute")
        pick_up = Lambda("record-pick-up")
        machine = ExpressWorkflows("stop-runner")
        reconciler = Lambda("reconciler")
        find = Lambda("find-runner")
        unregister = Lambda("unregister-\nrunner")
        terminate = Lambda("terminate-\ninstance")
        start_next = Lambda("start-next-job")
        ledger = Dynamodb("ledger")

    instance = EC2("EC2 runner")

    gitlab >> call("job events") >> bus
    bus >> call() >> running >> call("pause: takes no\nsecond job") >> pick_up
    bus >> call() >> ended >> call() >> machine
    machine >> call("1 which one ran it?") >> find
    machine >> call("2 pause, confirm, delete") >> unregister
    machine >> call("3 end the machine") >> terminate
    machine >> call("4 its slot is free") >> start_next
    terminate >> call() >> instance
    minute >> call() >> reconciler
    bus >> call(style="invis") >> minute
    reconciler >> call("events that should\nhave come", constraint="false") >> bus
    [find, unregister, start_next] >> data() >> ledger
