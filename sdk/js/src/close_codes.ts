// What a client does when its socket was closed: docs/protocol.md, "Close codes".

export type Verdict =
  | "resume" // connect again, resume
  | "renew" // new tokens first; then, or where there are none, the person has to log in
  | "stop"; // this client and the server do not understand each other

export function verdict(code: number): Verdict {
  if (code === 4102) return "resume";
  if (code >= 4100 && code < 4200) return "renew";
  if (code >= 4200 && code < 4300) return "stop";
  if ([1002, 1003, 1007, 1008, 1009, 1010].includes(code)) return "stop";
  return "resume";
}
