"""The gateway takes out of a template what this engine cannot make, and sends what is left in a field of its own.

The request's template stays beside it, so that its size is judged as it was sent.
"""

from ministack.services.cloudformation import helpers

FIELD = "LaptopTemplate"


def take_supported_templates(require):
    resolve = require(helpers, "_resolve_document", ["params", "body_key", "url_key", "label"])

    def resolve_document(params, body_key, url_key, label):
        supported = helpers._p(params, FIELD) if body_key == "TemplateBody" else ""
        return (supported, None) if supported else resolve(params, body_key, url_key, label)

    helpers._resolve_document = resolve_document
