import { describe, expect, test } from "vitest";
import { readDropped } from "./dropped-files.ts";

const file = (name: string, text = "x") => new File([text], name);

describe("dropped files", () => {
  test("a picture alone is a picture", async () => {
    const { model, picture } = await readDropped([file("dog.jpg")]);
    expect([model, picture?.name]).toEqual([undefined, "dog.jpg"]);
  });

  test("a model file goes with its names", async () => {
    const { model } = await readDropped([file("voc.names"), file("m.safetensors")]);
    expect(model).toMatchObject({ kind: "file", model: { name: "m.safetensors" }, names: { name: "voc.names" } });
  });

  test("a darknet pair is calibrated on all pictures that come with it, and the first is shown", async () => {
    const { model, picture } = await readDropped([file("a.PNG"), file("t.weights"), file("b.webp"), file("t.cfg")]);
    expect(model).toMatchObject({
      kind: "darknet",
      cfg: { name: "t.cfg" },
      weights: { name: "t.weights" },
      calibration: [{ name: "a.PNG" }, { name: "b.webp" }],
    });
    expect(picture?.name).toBe("a.PNG");
  });

  test.each([
    [["t.cfg"], /t\.cfg came without its \.weights/],
    [["t.weights", "dog.jpg"], /t\.weights came without its \.cfg/],
    [["notes.pdf"], /notes\.pdf is no picture, no video and no model/],
    [[], /no picture, no video and no model/],
  ])("%j ends in an error that says what is missing", async (names, message) => {
    await expect(readDropped(names.map((name) => file(name)))).rejects.toThrow(message);
  });
});
