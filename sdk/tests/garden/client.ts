// A client as it would be typed; each line under @ts-expect-error must not compile.
import type { ErrorCode, Events, Methods, Plant } from "./expected/garden.ts";

declare function call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
declare function on<E extends keyof Events>(event: E, heard: (data: Events[E]) => void): void;

export async function run(): Promise<Plant> {
  const got = await call("garden.get", { bed: "b", number: 1 });
  const sizes = await call("garden.measure", { of: ["tree"] });
  const size: number | string | undefined = sizes.sizes[0].size;
  const code: ErrorCode = "withered";
  const gone: null = await call("garden.delete", { bed: "b", number: 1 });
  on("plant.moved", (data) => console.log(data.by_wind, size, code, gone));
  // @ts-expect-error a parameter is missing
  await call("garden.get", { bed: "b" });
  // @ts-expect-error no such kind
  await call("garden.measure", { of: ["bush"] });
  // @ts-expect-error only plugins may call it
  await call("garden.call", {});
  // @ts-expect-error no such field
  on("plant.grown", (data) => data.height);
  return got;
}
declare const console: { log(...all: unknown[]): void };
