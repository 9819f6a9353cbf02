// bench/eye: the best pairing of two lists. In: what each pair is worth. Out: a partner for each, where one is worth having.
// The Hungarian method with potentials, O(n^3): Kuhn 1955, in the form of Jonker and Volgenant 1987. Pure.

/**
 * Pairs rows with columns so that the sum of worths is the greatest.
 * @param worth of each pair, by row and column; 0 or less: these two may not be a pair
 * @returns for each row its column, -1 for none
 */
export function assign(worth: readonly (readonly number[])[]): number[] {
  const rows = worth.length;
  const columns = Math.max(0, ...worth.map((row) => row.length));
  if (rows === 0 || columns === 0) return worth.map(() => -1);
  const n = Math.max(rows, columns);
  const cost = (row: number, column: number) => -Math.max(0, worth[row]?.[column] ?? 0);
  const u = new Float64Array(n + 1);
  const v = new Float64Array(n + 1);
  /** row of each column, both counted from 1; 0 none */
  const owner = new Int32Array(n + 1);
  const way = new Int32Array(n + 1);
  for (let row = 1; row <= n; row++) {
    owner[0] = row;
    const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(n + 1);
    let column = 0;
    do {
      done[column] = 1;
      const of = owner[column]!;
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let other = 1; other <= n; other++) {
        if (done[other]) continue;
        const reduced = cost(of - 1, other - 1) - u[of]! - v[other]!;
        if (reduced < least[other]!) [least[other], way[other]] = [reduced, column];
        if (least[other]! < step) [step, next] = [least[other]!, other];
      }
      for (let other = 0; other <= n; other++) {
        if (done[other]) {
          u[owner[other]!]! += step;
          v[other]! -= step;
        } else least[other]! -= step;
      }
      column = next;
    } while (owner[column] !== 0);
    for (; column !== 0; column = way[column]!) owner[column] = owner[way[column]!]!;
  }
  const result = worth.map(() => -1);
  for (let column = 1; column <= n; column++) {
    const row = owner[column]! - 1;
    if (row < rows && (worth[row]?.[column - 1] ?? 0) > 0) result[row] = column - 1;
  }
  return result;
}
