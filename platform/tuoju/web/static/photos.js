// Photos are made smaller before anything is kept or sent: 1600 px, JPEG at .8, without the place where it was taken.
"use strict";

self.photos = (() => {
  const LONGEST_SIDE = 1600;
  const QUALITY = 0.8;
  const KINDS = ["image/jpeg", "image/png", "image/webp"];

  const reduced = async (file) => {
    if (!KINDS.includes(file.type) || !self.createImageBitmap) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
      if (!blob) return file;
      return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
    } catch (error) {
      return file;  // no picture after all: the server says so
    }
  };

  const put = (input, files) => {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
  };

  return { reduced, put };
})();
