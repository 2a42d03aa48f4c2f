/** Where a queue is: a Valkey or Redis server, and the prefix of the keys that are ours there. */
import { ArgumentError } from "../../core/errors.ts";

export interface QueueAddress {
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: string;
    /** Node.js's own checks of certificates; NODE_EXTRA_CA_CERTS names more authorities. */
    readonly tls?: Readonly<Record<string, never>>;
  };
  readonly prefix: string;
  /** For people: without user and password. */
  readonly shown: string;
}

export const queueSyntax = "redis[s]://[user:password@]host[:port][/prefix]";

const defaultPort = 6379;
const defaultPrefix = "spiking-yolo";

/** @throws ArgumentError [E_QUEUE], whose message holds nothing of the text: there may be a password in it. */
export function parseQueueAddress(text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
    refuse(`the address of a queue must be like ${queueSyntax}`);
  if (url.search !== "" || url.hash !== "") refuse(`the address of a queue has no ? and no #: ${queueSyntax}`);
  const prefix = url.pathname.replace(/^\/|\/$/g, "") || defaultPrefix;
  // A number would be a database's in other programs' addresses; glob characters and ":" have a meaning in keys.
  if (!/^[A-Za-z][\w.-]{0,63}$/.test(prefix))
    refuse("the path of a queue's address is the prefix of its keys: a letter, then letters, digits, . _ -");
  const [username, password] = [unescaped(url.username), unescaped(url.password)];
  const port = url.port === "" ? defaultPort : Number(url.port);
  return {
    connection: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port,
      ...(username === "" ? {} : { username }),
      ...(password === "" ? {} : { password }),
      ...(url.protocol === "rediss:" ? { tls: {} } : {}),
    },
    prefix,
    shown: `${url.protocol}//${url.hostname}:${port}/${prefix}`,
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse("user or password of the queue's address hold a % that is none. Write it as %25");
  }
}

function refuse(what: string): never {
  throw new ArgumentError("E_QUEUE", what);
}
