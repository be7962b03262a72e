// A client that is live on a fake server.

import { Client, type ClientOptions } from "../src/client.ts";
import type { Credentials } from "../src/credentials.ts";
import { Clock } from "./clock.ts";
import { FakeServer } from "./fake_server.ts";

export interface Started {
  clock: Clock;
  server: FakeServer;
  client: Client;
  seen: any[]; // every event, in order
  next(ms?: number): Promise<void>; // turns the clock, delivers what comes of it
}

export function prepared(options: ClientOptions = {}, given: Partial<Credentials> = {}): Started {
  const clock = new Clock();
  const server = new FakeServer();
  const credentials = { url: "http://parley.test", account: "me", token: async () => "token", ...given };
  const client = new Client(credentials, { ...clock.environment({ WebSocket: server.WebSocket }), ...options });
  const seen: any[] = [];
  client.listen((event) => void seen.push(event));
  const next = async (ms = 0): Promise<void> => {
    await server.deliver();
    await clock.advance(ms);
    await server.deliver();
  };
  return { clock, server, client, seen, next };
}

export async function started(options?: ClientOptions, given?: Partial<Credentials>): Promise<Started> {
  const all = prepared(options, given);
  void all.client.connect();
  await all.next();
  return all;
}
