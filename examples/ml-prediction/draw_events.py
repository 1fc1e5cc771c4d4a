"""Draws the photographs of `events/`, for whoever wants other ones: `python draw_events.py` (needs Pillow).

Another version of Pillow may draw other pixels; then `expected/` has to be made anew, too.
"""

import base64
import io
import json
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1920, 80)
INK = (34, 30, 42)
EVENTS = Path(__file__).parent / "events"


def photograph(text, paper=(226, 206, 170), shade=(170, 150, 120), blur=0.8, faded=0.0):
    """A line of text on a strip of paper, lit from the left, a little out of focus."""
    light = Image.linear_gradient("L").rotate(90).resize(SIZE)
    image = Image.composite(Image.new("RGB", SIZE, shade), Image.new("RGB", SIZE, paper), light)
    written = image.copy()
    ImageDraw.Draw(written).text((SIZE[0] / 2, 40), text, fill=INK, font=ImageFont.load_default(size=54), anchor="mm")
    return Image.blend(written, image, faded).filter(ImageFilter.GaussianBlur(blur))


def event(name, data):
    text = json.dumps({"imageId": name, "image": base64.b64encode(data).decode("ascii")}, indent=2)
    (EVENTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def jpeg(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


if __name__ == "__main__":
    event("clean-label", jpeg(photograph("PARCEL 4711-0815  2.5 KG  RUA DAS FLORES 12, PORTO")))
    event("worn-label", jpeg(photograph("Fragile! 24 wine glasses, this side up - order #20387", blur=4.5, faded=0.6)))
    event("not-an-image", b"%PDF-1.7 this is somebody's invoice")
