/** Each above what is below it, and that before the next one beside it. Siblings stay in the order in which they came. */
export function inTreeOrder<T extends { id: string }>(nodes: readonly T[]): T[] {
  const known = new Set(nodes.map(({ id }) => id));
  const children = new Map<string | undefined, T[]>();
  for (const node of nodes) {
    const above = node.id.slice(0, Math.max(0, node.id.lastIndexOf("/")));
    const place = known.has(above) ? above : undefined;
    children.set(place, [...(children.get(place) ?? []), node]);
  }
  const walk = (place: string | undefined): T[] =>
    (children.get(place) ?? []).flatMap((node) => [node, ...walk(node.id)]);
  return walk(undefined);
}
