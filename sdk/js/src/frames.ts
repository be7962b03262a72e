// What goes over the socket: docs/protocol.md.

export interface Hello {
  account: string;
  session: string;
  heartbeat_ms: number;
  time: string;
  limits: { frame_bytes: number; resume_bytes?: number; outstanding: number };
  features: string[];
}

export interface EventFrame {
  topic: string;
  seq?: number;
  event: string;
  data?: unknown;
  at?: string;
}

export interface GapFrame {
  topic: string;
  oldest: number;
  head: number;
}

/** Of a topic that is read from its numbers: `seq` is up to where it has now been handled. */
export type Signal =
  /** An event that is gone, such as that of a deleted message. */
  | { topic: string; seq: number; event: "void"; data?: undefined; at?: string }
  /** Numbers after `data.after`, up to `seq`, will not come: fetch what they were about by method. */
  | { topic: string; seq: number; event: "gap"; data: { after: number } }
  /** The topic is followed from here on; what was before has not been seen. */
  | { topic: string; seq: number; event: "begun"; data?: undefined }
  /** The topic is no longer followed, such as that of a conversation that was left. */
  | { topic: string; seq?: undefined; event: "ended"; data?: undefined };

/** An event of one of the manifests whose `Events` are E. */
export type Received<E> = {
  [K in keyof E & string]: { topic: string; seq?: number; event: K; data: E[K]; at: string };
}[keyof E & string];

export type AnyEvent<E> = Received<E> | Signal;

export type Params<M, K extends keyof M> = M[K] extends { params: infer P } ? P : object;
export type Result<M, K extends keyof M> = M[K] extends { result: infer R } ? R : unknown;
