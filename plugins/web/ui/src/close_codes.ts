// What a client does when its socket was closed: docs/protocol.md, "Close codes".

export type Verdict =
  | "resume" // connect again, resume
  | "renew" // new tokens first
  | "login" // the person has to log in
  | "stop"; // this page and the server do not understand each other

export function verdict(code: number): Verdict {
  if (code === 4100) return "renew";
  if (code === 4101) return "login";
  if (code === 4102) return "resume";
  if (code >= 4200 && code < 4300) return "stop";
  if ([1002, 1003, 1007, 1008, 1009, 1010].includes(code)) return "stop";
  return "resume";
}
