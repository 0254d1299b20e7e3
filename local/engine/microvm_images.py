"""Images of Lambda MicroVMs: CloudFormation's type AWS::Lambda::MicrovmImage, which MiniStack does not know, and their API.

MiniStack's own API has one version of an image and another form of ARN. Nothing is built here: the laptop's MicroVM host
(local/microvm) makes an image's state at its first start, from the code that is deployed, and answers all calls of MicroVMs.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-microvmimage.html
"""

import json
import time
from urllib.parse import unquote

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import lambda_microvms
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

TYPE = "AWS::Lambda::MicrovmImage"
# What UpdateMicrovmImage takes and a version keeps.
FIELDS = (
    "baseImageArn", "baseImageVersion", "buildRoleArn", "description", "codeArtifact", "logging", "egressNetworkConnectors",
    "cpuConfigurations", "resources", "additionalOsCapabilities", "hooks", "environmentVariables",
)
REQUIRED = ("baseImageArn", "buildRoleArn", "codeArtifact")
SHOWN = ("imageArn", "name", "state", "latestActiveImageVersion", "createdAt", "updatedAt", "tags")

images = lambda_microvms._images


def lower(value):
    """A template's property as the API has it: `MicrovmHooks` is `microvmHooks`."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: lower(inner) for name, inner in value.items()}
    return [lower(one) for one in value] if isinstance(value, list) else value


def fields_of(props):
    given = {name: value for name, value in lower(props).items() if name in FIELDS}
    variables = {one["key"]: one["value"] for one in given.get("environmentVariables") or []}
    return {**given, "environmentVariables": variables}


def tags_of(props):
    return {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}


def add_version(image, fields, state):
    """A build that succeeds at once. The base image's line, e.g. "1", becomes its newest version."""
    fields = {**fields, "baseImageVersion": f"{str(fields.get('baseImageVersion', '1')).split('.')[0]}.0"}
    number = f"{len(image['_versions']) + 1}.0"
    now = int(time.time())
    version = {**fields, "imageArn": image["imageArn"], "imageVersion": number, "createdAt": now}
    image["_versions"].append({**version, "state": "SUCCESSFUL", "status": "ACTIVE"})
    image.update({"state": state, "updatedAt": now, "latestActiveImageVersion": number})
    return image


def make(name, fields, tags):
    arn = f"arn:aws:lambda:{get_region()}:{get_account_id()}:microvm-image:{name}"
    image = {"name": name, "imageArn": arn, "tags": tags, "createdAt": int(time.time()), "_versions": []}
    images[name] = add_version(image, fields, "CREATED")
    return image


def attributes(image):
    return {
        "ImageArn": image["imageArn"],
        "State": image["state"],
        "LatestActiveImageVersion": image["latestActiveImageVersion"],
    }


def create(logical_id, props, stack_name):
    return props["Name"], attributes(make(props["Name"], fields_of(props), tags_of(props)))


def update(old_id, old_props, new_props, stack_name):
    if new_props["Name"] != old_id:
        delete(old_id, old_props)
        return create("", new_props, stack_name)
    image = images[old_id]
    image["tags"] = tags_of(new_props)
    if fields_of(old_props) != fields_of(new_props):
        add_version(image, fields_of(new_props), "UPDATED")
    return old_id, attributes(image)


def delete(old_id, props):
    images.pop(old_id, None)


def shown(image):
    return {name: image[name] for name in SHOWN if image.get(name) is not None}


def found(arn):
    """As Lambda, by the full ARN alone."""
    return next((image for image in images.values() if image["imageArn"] == arn), None)


def missing(what):
    return error_response_json("ResourceNotFoundException", f"{what} does not exist", 404)


def rebuild(image, body):
    given = json.loads(body or b"{}")
    absent = [name for name in REQUIRED if not given.get(name)]
    if absent:
        return error_response_json("ValidationException", f"{', '.join(absent)} must be given", 400)
    add_version(image, {name: given[name] for name in FIELDS if name in given}, "UPDATED")
    return json_response({**given, **shown(image), "imageVersion": image["latestActiveImageVersion"]})


def one_version(image, number, method):
    version = next((one for one in image["_versions"] if one["imageVersion"] == number), None)
    if version is None or version["state"] == "DELETED":
        return missing(f"Version {number} of {image['imageArn']}")
    if method == "GET":
        return json_response(version)
    version.update({"state": "DELETED", "status": "INACTIVE"})
    return json_response({"imageIdentifier": image["imageArn"], "imageVersion": number, "state": "DELETED"})


def listed(items):
    return json_response({"items": items})


async def serve(method, path, headers, body, query_params):
    parts = [unquote(part) for part in path.strip("/").split("/")]
    match (method, parts[1:]):
        case ("GET", ["microvm-images"]):
            return listed([shown(image) for image in images.values()])
        case ("GET" | "PUT", ["microvm-images", arn]):
            image = found(arn)
            if image is None:
                return missing(arn)
            return json_response(shown(image)) if method == "GET" else rebuild(image, body)
        case ("GET", ["microvm-images", arn, "versions"]):
            image = found(arn)
            return missing(arn) if image is None else listed([one for one in image["_versions"] if one["state"] != "DELETED"])
        case ("GET" | "DELETE", ["microvm-images", arn, "versions", number]):
            image = found(arn)
            return missing(arn) if image is None else one_version(image, number, method)
    return error_response_json("UnknownOperationException", f"{method} {path} is not known here", 404)


def text_of(value, params):
    """MiniStack evaluates no Fn::Join and Fn::Split in a condition. Anything else is left to it."""
    match value:
        case {"Ref": name} if name in params:
            return str(params[name]["Value"])
        case {"Fn::Join": [separator, {"Fn::Split": [part, inner]}]}:
            return str(separator).join(str(text_of(inner, params)).split(str(part)))
        case dict():
            return {name: text_of(inner, params) for name, inner in value.items()}
        case list():
            return [text_of(inner, params) for inner in value]
    return value


def evaluate_joins(require):
    original = require(engine, "_evaluate_conditions", ["template", "params"])

    def evaluate(template, params):
        conditions = text_of(template.get("Conditions", {}), params)
        return original({**template, "Conditions": conditions}, params)

    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = evaluate


def know_microvm_images(require):
    require(lambda_microvms, "handle_request", ["method", "path", "headers", "body", "query_params"])
    lambda_microvms.handle_request = serve
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "update": update, "delete": delete}
    evaluate_joins(require)
