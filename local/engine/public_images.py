"""Public parameters of the images that the laptop's EC2 has (local/ec2/stock-images.json). MiniStack has one of them."""

import json
import sys
from pathlib import Path

from ministack.services import ssm

IMAGES = Path(__file__).parent.parent / "ec2" / "stock-images.json"


def publish_images():
    parameters = getattr(ssm, "_PUBLIC_AMI_PARAMETERS", None)
    if not isinstance(parameters, dict):
        sys.exit("MiniStack has no table of public image parameters any more: change local/engine/public_images.py")
    for image in json.loads(IMAGES.read_text(encoding="utf-8")):
        parameters[image["parameter"]] = image["imageId"]
