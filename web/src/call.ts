/** *Call*: asks the server as whoever is logged in. */
import type { Answered, Asked, RouteName } from "quire-client";
import { quire } from "./session.js";

export type Route = RouteName;
export type Answer<R extends RouteName> = Answered<R>;
export type Ask<R extends RouteName> = Asked<R> & { signal?: AbortSignal; headers?: Record<string, string> };

export const call = <R extends RouteName>(route: R, given: Ask<R>): Promise<Answered<R>> =>
  quire().http.send(
    route,
    given as object,
    (answer) => (answer.status === 204 ? undefined : answer.json()) as Promise<Answered<R>>,
  );
