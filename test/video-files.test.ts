/** `detect` on videos as people have them: streams, cut and turned files, missing programs, Ctrl-C. The built program; ffmpeg where there is one. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movingScene } from "../src/data/scenes/moving.ts";
import { renderScene } from "../src/data/scenes/render.ts";
import { isCut } from "../src/detections/video.ts";
import { program, type Result } from "./program.ts";

const [width, height, count] = [160, 120, 10];
let folder = "";
const at = (name: string) => join(folder, name);
/** All frames as rgb24. */
let raw: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "video-files-"));
  const scene = movingScene(5, 0, { width, height });
  const frames = [];
  for (let i = 0; i < count; i++) frames.push((await renderScene(scene.frame(i))).data);
  raw = Buffer.concat(frames);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  readonly input?: Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

async function detect(args: readonly string[], { input, env }: Given = {}): Promise<Result> {
  const options = { cwd: folder, ...(env ? { env } : {}) };
  const child = spawn(process.execPath, [program, "detect", ...args, "--threads", "1"], options);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

const errorsOf = ({ stderr }: Result) => stderr.split("\n").filter((line) => line.startsWith("error"));
const framesOf = ({ stdout }: Result) => JSON.parse(stdout).videos[0].frames;
const size = `${width}x${height}`;

test("raw frames on standard input, and their times by --fps", async () => {
  const result = await detect(["-", "--raw", size, "--fps", "10", "--json"], { input: raw });
  expect([result.code, errorsOf(result)]).toEqual([0, []]);
  const frames = framesOf(result);
  expect(frames.map((frame: { seconds: number }) => frame.seconds)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i / 10),
  );
  expect(frames[9].snn.synOps).toBeLessThan(frames[0].snn.synOps / 2);
});

test("a stream of other frames than stated: those before its end are a result, and the error says how it ends", async () => {
  const result = await detect(["-", "--raw", size, "--json"], { input: raw.subarray(0, 2.5 * 3 * width * height) });
  expect(result.code).toBe(2);
  expect(errorsOf(result)).toEqual([
    expect.stringMatching(/E_VIDEO.*within frame 2: 28800 of the 57600 bytes of 160x120/),
  ]);
  expect(framesOf(result)).toHaveLength(2);
});

test("frames of a folder that are of two sizes: found out before anything is run", async () => {
  for (const [name, side] of [
    ["sizes-a.png", 96],
    ["sizes-b.png", 64],
  ] as const)
    await sharp({ create: { width: side, height: 64, channels: 3, background: "red" } }).toFile(at(name));
  const result = await detect(["sizes-a.png", "sizes-b.png", "--video"]);
  expect([result.code, result.stdout]).toEqual([2, ""]);
  expect(errorsOf(result)).toEqual([
    expect.stringMatching(/E_VIDEO.*sizes-b.png has 64x64 pixels and sizes-a.png has 96x64/),
  ]);
});

test.each([
  [["-"], /E_USAGE.*--raw 640x480/],
  [["-", "--raw", "0x7"], /size like 640x480/],
  [["-", "--raw", size], /standard input holds no frames/],
  [["a.mp4", "--raw", size], /--raw goes with frames on standard input/],
  [["-", "--raw", size, "--out", "boxes.png"], /E_USAGE.*\.mp4 or \.webm/],
])("%j: one line, exit code 2", async (args, message) => {
  const result = await detect(args);
  expect(result.code).toBe(2);
  expect(errorsOf(result)).toEqual([expect.stringMatching(message)]);
});

test("no ffmpeg: one line says how to get it, for reading and for writing, and nothing is left", async () => {
  writeFileSync(at("some.mp4"), "x");
  const env = { PATH: at("nowhere") };
  for (const args of [["some.mp4"], ["-", "--raw", size, "--out", "never.mp4"]]) {
    const result = await detect(args, { input: raw, env });
    expect(result.code).toBe(2);
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(/E_FFMPEG.*there is no ff\w+ on this machine.*apt-get install ffmpeg/),
    ]);
  }
  expect(readdirSync(folder).filter((name) => name.startsWith("never"))).toEqual([]);
});

test("a cut costs more than half a first frame, and clearly more than the frame before", () => {
  expect(isCut([100, 40, 60])).toBe(true);
  expect(isCut([100, 30, 49])).toBe(false);
  // A camera that shakes: each frame is dear.
  expect(isCut([100, 70, 75])).toBe(false);
  expect(isCut([100, 70])).toBe(false);
});

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const ffmpeg = (...args: readonly string[]) =>
  execFileSync("ffmpeg", ["-v", "error", "-y", ...args], {
    cwd: folder,
    ...(args.includes("-") ? { input: raw } : {}),
  });
const fromRaw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "10", "-i", "-"];

describe.skipIf(!hasFfmpeg)("files that ffmpeg writes (skipped where there is no ffmpeg)", () => {
  test("a rate that changes: each frame at its own time", async () => {
    ffmpeg(...fromRaw, "-vf", "setpts='if(lt(N,5),N,5+(N-5)*4)/10/TB'", "-fps_mode", "vfr", "-c:v", "ffv1", "vfr.mkv");
    const seconds = framesOf(await detect(["vfr.mkv", "--json"])).map((frame: { seconds: number }) => frame.seconds);
    for (const [i, wanted] of [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.9, 1.3, 1.7, 2.1].entries())
      expect(seconds[i]).toBeCloseTo(wanted, 3);
  });

  test("frames whose size changes in the stream are brought to the first one's, and that is said", async () => {
    const encode = ["-c:v", "mpeg2video", "-q:v", "3", "-f", "mpegts"];
    ffmpeg(...fromRaw, "-r", "25", ...encode, "one.mpg");
    ffmpeg(...fromRaw, "-r", "25", "-vf", "scale=240:180", ...encode, "two.mpg");
    writeFileSync(at("sizes.mpg"), Buffer.concat(["one.mpg", "two.mpg"].map((name) => readFileSync(at(name)))));
    const result = await detect(["sizes.mpg", "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/frames are 240x180 from frame \d+ on; they are brought to 160x120/);
    expect(framesOf(result).length).toBeGreaterThan(count);
  });

  test("a file that is cut: its frames are a result, and the error says how many are missing", async () => {
    ffmpeg(...fromRaw, "-c:v", "ffv1", "whole.mkv");
    const whole = readFileSync(at("whole.mkv"));
    writeFileSync(at("cut.mkv"), whole.subarray(0, 0.6 * whole.length));
    const result = await detect(["cut.mkv", "--json"]);
    expect(result.code).toBe(2);
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(/E_VIDEO.*cut.mkv is damaged: \d frames could be read \(.*\)/),
    ]);
    const [{ frames, ended }] = JSON.parse(result.stdout).videos;
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.length).toBeLessThan(count);
    expect(ended.code).toBe("E_VIDEO");
  });

  test("a codec that nobody knows: named", async () => {
    ffmpeg(...fromRaw, "-c:v", "ffv1", "known.avi");
    writeFileSync(
      at("codec.avi"),
      Buffer.from(readFileSync(at("known.avi"), "latin1").replaceAll("FFV1", "ZZZZ"), "latin1"),
    );
    const result = await detect(["codec.avi"]);
    expect(result.code).toBe(2);
    expect(errorsOf(result)).toEqual([expect.stringMatching(/E_VIDEO.*codec.avi is encoded as ZZZZ.*cannot decode/)]);
  });

  test("a file without frames", async () => {
    ffmpeg(...fromRaw, "-c:v", "ffv1", "some.mkv");
    const some = readFileSync(at("some.mkv"));
    writeFileSync(at("none.mkv"), some.subarray(0, some.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]))));
    const result = await detect(["none.mkv"]);
    expect(result.code).toBe(2);
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(/E_VIDEO.*none.mkv (holds no frames|cannot be read as a video)/),
    ]);
  });

  test.each(["boxes.mp4", "boxes.webm"])(
    "%s: a frame for each, two pictures beside each other and the strip below",
    async (name) => {
      const args = ["-", "--raw", size, "--fps", "10", "--out", name];
      const result = await detect(args, { input: raw });
      expect([result.code, errorsOf(result)]).toEqual([0, []]);
      expect(result.stdout).toContain(`  ${name}`);
      const entries = "stream=width,height,avg_frame_rate,nb_read_frames";
      const probe = ["-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", name];
      const [stream] = JSON.parse(execFileSync("ffprobe", probe, { cwd: folder, encoding: "utf8" })).streams;
      expect(stream).toMatchObject({ width: 996, avg_frame_rate: "10/1", nb_read_frames: String(count) });
      expect(stream.height % 2).toBe(0);
      expect(readdirSync(folder).filter((file) => file.endsWith(".part"))).toEqual([]);
      // It is somebody's now: nothing replaces it unasked.
      const again = await detect(args, { input: raw });
      expect([again.code, errorsOf(again)]).toEqual([2, [expect.stringMatching(/E_EXISTS.*--force/)]]);
    },
  );

  test.skipIf(process.platform === "win32")("Ctrl-C leaves one JSON document and a video that is closed", async () => {
    const args = ["detect", "-", "--raw", size, "--out", "stopped.mp4", "--json", "--threads", "1"];
    const child = spawn(process.execPath, [program, ...args], { cwd: folder });
    let stdout = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stdin.on("error", () => {});
    // Never ends by itself.
    const timer = setInterval(() => child.stdin.write(raw.subarray(0, 3 * width * height)), 40);
    while (!readdirSync(folder).some((name) => name.startsWith("stopped.mp4.")))
      await new Promise((done) => setTimeout(done, 50));
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    clearInterval(timer);
    expect(code).toBe(130);
    const [{ frames, ended }] = JSON.parse(stdout).videos;
    expect(ended.code).toBe("E_INTERRUPTED");
    expect(frames.length).toBeGreaterThan(0);
    const probe = [
      "-v",
      "error",
      "-count_frames",
      "-show_entries",
      "stream=nb_read_frames",
      "-of",
      "csv=p=0",
      "stopped.mp4",
    ];
    expect(Number(execFileSync("ffprobe", probe, { cwd: folder, encoding: "utf8" }).trim())).toBe(frames.length);
    expect(existsSync(at("stopped.mp4"))).toBe(true);
  });

  test.skipIf(process.platform === "win32").each([0, 2])(
    "Ctrl-C while a stream has stalled after %i frames ends at once, and leaves what is done",
    async (sent) => {
      const child = spawn(process.execPath, [program, "detect", "-", "--raw", size, "--threads", "1"], { cwd: folder });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.stderr.on("data", (chunk) => (stderr += chunk));
      // The stream stays open, within a frame.
      child.stdin.write(raw.subarray(0, (sent + 0.5) * 3 * width * height));
      // A line for the stream, and one for each frame.
      while (stdout.split("\n").length < 2 + sent) await new Promise((done) => setTimeout(done, 50));
      child.kill("SIGINT");
      const [code] = await once(child, "close");
      expect(code).toBe(130);
      expect(stderr).toMatch(new RegExp(`interrupted.*standard input, ${sent} frames are done`));
    },
  );

  test("a telephone held upright: frames are upright, too", async () => {
    ffmpeg(...fromRaw, "-c:v", "mpeg4", "lying.mp4");
    ffmpeg("-i", "lying.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90", "tagged.mp4");
    // ffmpeg 6 and later take it as an option of the input.
    const isTurned = () =>
      /rotation/.test(
        execFileSync("ffprobe", ["-v", "error", "-show_streams", "tagged.mp4"], { cwd: folder, encoding: "utf8" }),
      );
    if (!isTurned()) ffmpeg("-display_rotation", "90", "-i", "lying.mp4", "-c", "copy", "tagged.mp4");
    const [video] = JSON.parse((await detect(["tagged.mp4", "--limit-frames", "2", "--json"])).stdout).videos;
    expect([video.width, video.height]).toEqual([height, width]);
  });
});
