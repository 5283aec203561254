/** The words of the wire, from the server's own document. Everything else imports them from here. */
import type { components, paths } from "./types.gen.js";

type Schemas = components["schemas"];

export type Batch = Schemas["Batch"];
export type BatchState = Schemas["BatchState"];
export type BatchStatus = Schemas["BatchStatus"];
export type ClientFrame = Schemas["ClientFrame"];
export type Counts = Schemas["Counts"];
export type Event = Schemas["Event"];
export type EventPage = Schemas["EventPage"];
export type EventType = Schemas["EventType"];
export type FieldError = Schemas["FieldError"];
export type File = Schemas["File"];
export type FileList = Schemas["FileList"];
export type Item = Schemas["Item"];
export type FailureCode = Schemas["FailureCode"];
export type ItemState = Schemas["ItemState"];
export type Outcome = Schemas["Outcome"];
export type Problem = Schemas["Problem"];
export type ProblemCode = Schemas["ProblemCode"];
export type Progress = Schemas["Progress"];
export type ResetReason = Schemas["ResetReason"];
export type ServerFrame = Schemas["ServerFrame"];
export type SubmitBatch = Schemas["SubmitBatchBody"];

type Method = "get" | "post" | "put" | "patch" | "delete";
type Path = keyof paths & string;

/** `GET /api/v1/batches/{id}` and all the others. */
export type RouteName = {
  [P in Path]: { [M in Method]: paths[P][M] extends { responses: unknown } ? `${Uppercase<M>} ${P}` : never }[Method];
}[Path];

type Operation<R extends RouteName> = R extends `${infer M} ${infer P extends Path}`
  ? paths[P][Lowercase<M> & Method]
  : never;

type PathPart<P> = P extends { path: infer T } ? { path: { [N in keyof T]: T[N] | number } } : unknown;
type QueryPart<P> = P extends { query?: never } ? unknown : P extends { query?: infer Q } ? { query?: Q } : unknown;
type BodyPart<O> = O extends { requestBody?: never }
  ? unknown
  : O extends { requestBody: { content: infer C } }
    ? { body: Body<C> }
    : O extends { requestBody?: { content: infer C } }
      ? { body?: Body<C> }
      : unknown;
type Body<C> =
  | (C extends { "application/json": infer J } ? J : never)
  | (C extends { "multipart/form-data": unknown } ? FormData : never)
  | (C extends { "application/octet-stream": unknown } ? Blob : never);
type Json<A> = A extends { content: { "application/json": infer J } } ? J : never;

/** What a route is asked with. */
export type Asked<R extends RouteName> =
  Operation<R> extends { parameters: infer P } ? PathPart<P> & QueryPart<P> & BodyPart<Operation<R>> : never;

/** What it answers when all is well. */
export type Answered<R extends RouteName> =
  Operation<R> extends { responses: infer A } ? { [S in keyof A & (200 | 201 | 202)]: Json<A[S]> }[keyof A & (200 | 201 | 202)] : never;
