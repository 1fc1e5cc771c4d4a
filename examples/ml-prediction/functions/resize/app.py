"""Turns a photograph of one line of text into the tensor that the model takes."""

import base64
import binascii
import io

import PIL
from PIL import Image

import util


class UnreadableImage(Exception):
    """The bytes are no image of a line of text; trying again does not help."""


def lambda_handler(event, context):
    image = decode(event)
    resized = util.resize(image)
    print(f"{event['imageId']}: {image.width}x{image.height} to {resized.width}x{resized.height}")
    return {"width": image.width, "tensor": util.tensor(resized)}


def decode(event):
    try:
        data = base64.b64decode(event["image"], validate=True)
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except (binascii.Error, PIL.UnidentifiedImageError, OSError) as error:
        raise UnreadableImage(f"{event['imageId']} is not an image") from error
    if not 1 <= image.width / image.height <= util.MAX_ASPECT:
        raise UnreadableImage(f"{event['imageId']} is not one line of text: {image.width}x{image.height} pixels")
    return image
