"""HTTP APIs are served by the laptop's webhook API: an API's endpoint is an address there.

The first API has LAPTOP_API_ORIGIN itself, as long as it is there; others have a path of their own below it. Their
integrations keep two properties that MiniStack drops: the subtype, and the role that it is called with.
"""

import os

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners


def free_endpoint(origin, api_id):
    taken = any(api["apiEndpoint"] == origin for other, api in apigateway._apis.items() if other != api_id)
    return f"{origin}/{api_id}" if taken else origin


def keep_endpoints(require, origin):
    create = require(provisioners, "_apigw_v2_api_create", ["logical_id", "props", "stack_name"])

    def api_create(logical_id, props, stack_name):
        api_id, attributes = create(logical_id, props, stack_name)
        endpoint = free_endpoint(origin, api_id)
        apigateway._apis[api_id]["apiEndpoint"] = endpoint
        return api_id, {**attributes, "ApiEndpoint": endpoint}

    provisioners._apigw_v2_api_create = api_create
    provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]["create"] = api_create


def keep_properties(integration_id, props):
    integration = apigateway._integrations[props["ApiId"]][integration_id]
    integration["integrationSubtype"] = props.get("IntegrationSubtype", "")
    integration["credentialsArn"] = props.get("CredentialsArn", "")


def keep_integrations(require):
    create = require(provisioners, "_apigw_v2_integration_create", ["logical_id", "props", "stack_name"])
    parameters = ["physical_id", "old_props", "new_props", "stack_name", "logical_id"]
    update = require(provisioners, "_apigw_v2_integration_update", parameters)

    def integration_create(logical_id, props, stack_name):
        integration_id, attributes = create(logical_id, props, stack_name)
        keep_properties(integration_id, props)
        return integration_id, attributes

    def integration_update(physical_id, old_props, new_props, stack_name, logical_id=None):
        integration_id, attributes = update(physical_id, old_props, new_props, stack_name, logical_id)
        keep_properties(integration_id, new_props)
        return integration_id, attributes

    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Integration"]
    handlers.update({"create": integration_create, "update": integration_update})


def serve_http_apis_elsewhere(require):
    origin = os.environ.pop("LAPTOP_API_ORIGIN", "")
    if origin:
        keep_endpoints(require, origin)
        keep_integrations(require)
