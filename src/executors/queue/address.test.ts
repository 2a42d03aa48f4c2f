import { describe, expect, it } from "vitest";
import { parseQueueAddress } from "./address.ts";

describe("parseQueueAddress", () => {
  it("takes apart what connects, and shows no secret", () => {
    expect(parseQueueAddress("redis://server")).toEqual({
      connection: { host: "server", port: 6379 },
      prefix: "spiking-yolo",
      shown: "redis://server:6379/spiking-yolo",
    });
    expect(parseQueueAddress("rediss://me:p%40ss%2F%3A@server.example:7000/table1")).toEqual({
      connection: { host: "server.example", port: 7000, username: "me", password: "p@ss/:", tls: {} },
      prefix: "table1",
      shown: "rediss://server.example:7000/table1",
    });
    expect(parseQueueAddress("redis://:secret@[::1]/a.b_c-d").connection).toEqual({
      ...{ host: "::1", port: 6379, password: "secret" },
    });
  });

  it.each([
    ["http://me:secret@server", /must be like redis/],
    ["secret", /must be like redis/],
    ["redis://", /must be like redis/],
    ["redis://me:secret@server:99999", /must be like redis/],
    ["redis://me:secret@server/0", /is the prefix of its keys: a letter/],
    ["redis://me:secret@server/a/b", /is the prefix of its keys: a letter/],
    ["redis://me:secret@server/a*", /is the prefix of its keys: a letter/],
    ["redis://me:secret@server/a:b", /is the prefix of its keys: a letter/],
    ["redis://me:secret@server?db=secret", /has no \? and no #/],
    ["redis://me:secret%@server", /hold a % that is none/],
  ])("refuses %s without repeating it", (text, reason) => {
    expect(() => parseQueueAddress(text)).toThrow(reason);
    expect(() => parseQueueAddress(text)).not.toThrow(/secret/);
  });
});
