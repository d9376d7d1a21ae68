"""Photos as they are stored: upright, small, and without what a camera writes beside the picture."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from tuoju.parsing.errors import PhotoTooLarge, PhotoUnreadable

MAX_SIDE_PIXELS = 2000
"""The longer side of a stored photo: a photographed page stays legible, at a tenth of the size a phone sends."""

MAX_PIXELS = {"JPEG": 120_000_000, "PNG": 30_000_000, "WEBP": 30_000_000}
"""Of an uploaded photo, by format. A JPEG is scaled down while it is read; the others are unpacked whole, with up to 4
bytes a pixel. Phones take up to 108 million pixels, screens up to 15."""

Image.MAX_IMAGE_PIXELS = max(MAX_PIXELS.values())  # it warns beyond, and refuses beyond twice as many


def clean_photo(content: bytes) -> bytes:
    """A JPEG of a photo, turned upright, at most MAX_SIDE_PIXELS on its longer side, without place, time and device.

    The format is read from the content. Raises PhotoUnreadable, PhotoTooLarge.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(MAX_PIXELS)) as image:
            if image.width * image.height > MAX_PIXELS[str(image.format)]:
                raise PhotoTooLarge
            image.draft("RGB", (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
            small = image.convert("RGB")
            small.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
            upright = ImageOps.exif_transpose(small)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PhotoUnreadable from error
    upright.info.clear()  # comments and descriptions that the writer would copy
    photo = io.BytesIO()
    upright.save(photo, "JPEG", quality=82, optimize=True)
    return photo.getvalue()
