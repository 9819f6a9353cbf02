// centre: numbers that are here beyond a hole, as ranges. Pure. May never happen: more of them than a row should hold.

/** First and last number, both inclusive. */
export type Range = [number, number];

/** Most ranges that are kept of a lane; a box makes one or two of them in an outage. */
const MOST = 256;

/** The ranges with `seqs` among them (ascending), joined where they touch; the lowest MOST of them. */
export function join(ranges: readonly Range[], seqs: readonly number[]): Range[] {
  const joined: Range[] = [];
  const add = (first: number, last: number) => {
    const open = joined.at(-1);
    if (open && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else joined.push([first, last]);
  };
  let next = 0;
  for (const [first, last] of ranges) {
    for (; next < seqs.length && seqs[next]! < first; next++) add(seqs[next]!, seqs[next]!);
    add(first, last);
  }
  for (; next < seqs.length; next++) add(seqs[next]!, seqs[next]!);
  return joined.slice(0, MOST);
}

/** The watermark after all ranges that it reaches; these are taken out of `ranges`. */
export function take(upTo: number, ranges: Range[]): number {
  let mark = upTo;
  while (ranges[0] && ranges[0][0] <= mark + 1) mark = Math.max(mark, ranges.shift()![1]);
  return mark;
}

/** The highest number that watermark and ranges know of. */
export function known(ranges: readonly Range[], upTo: number): number {
  return Math.max(upTo, ranges.at(-1)?.[1] ?? 0);
}
