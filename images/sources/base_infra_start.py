"""From GitLab's job event to a running runner. Draw: see images/README.md."""

from diagrams import Cluster, Diagram
from diagrams.aws.compute import EC2, Lambda
from diagrams.aws.database import Dynamodb
from diagrams.aws.integration import Eventbridge, EventbridgeRule, ExpressWorkflows
from diagrams.aws.network import APIGateway
from diagrams.onprem.vcs import Gitlab

from style import CLUSTER, GRAPH, NODE, call, data

with Diagram(
    "A job is pending: one runner starts",
    filename="base_infra_start",
    direction="LR",
    show=False,
    graph_attr=GRAPH,
    node_attr=NODE,
):
    gitlab = Gitlab("GitLab")

    with Cluster("Infrastructure", graph_attr=CLUSTER):
        authorizer = Lambda("authorize-webhook\n(X-Gitlab-Token)")
        api = APIGateway("HTTP API")
        bus = Eventbridge("event bus")
        bootstrap = Dynamodb("bootstrap rows\n(runner tokens)")

    with Cluster("AutoScaler", graph_attr=CLUSTER):
        rule = EventbridgeRule("rule: pending")
        machine = ExpressWorkflows("start-runner")
        look_up = Lambda("look-up-\nrunner")
        mapping = Dynamodb("mapping")
        start = Lambda("start-lambda-runner,\nstart-ec2-runner")
        ledger = Dynamodb("ledger")

    with Cluster("Runners: one job each", graph_attr=CLUSTER):
        lambda_runner = Lambda("Lambda runner\n(shell executor)")
        instance = EC2("EC2 runner\n(docker executor)")

    gitlab >> call("1 job event") >> api
    api >> call("2", constraint="false") >> authorizer
    api >> call("3 as sent") >> bus >> call() >> rule >> call("4") >> machine
    machine >> call("5 which runner?") >> look_up
    machine >> call("6 start one") >> start
    look_up >> data("job → class") >> mapping
    start >> data("claim, limit") >> ledger
    start >> call("8 invoke") >> lambda_runner
    start >> call("8 CreateFleet") >> instance
    start >> data("7 create runner", constraint="false") >> gitlab
    start >> data("7 its token", constraint="false") >> bootstrap
    gitlab >> call(style="invis") >> bootstrap
    gitlab >> call(style="invis") >> authorizer
