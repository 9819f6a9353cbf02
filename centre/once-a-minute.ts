// centre: a log that a flood of bad messages cannot fill. In: lines of some kinds. Out: at most one line a minute of each
// kind, with how many were left out. Kinds are the program's own, so there are few.

const MINUTE = 60_000;

/** @param mono ms, never goes back */
export function onceAMinute(
  log: (line: string) => void,
  mono: () => number = () => performance.now(),
): (kind: string, line: string) => void {
  const kinds = new Map<string, { at: number; silent: number }>();
  return (kind, line) => {
    const now = mono();
    const last = kinds.get(kind);
    if (last && now - last.at < MINUTE) {
      last.silent++;
      return;
    }
    log(last && last.silent > 0 ? `${line} (and ${last.silent} more since the last such line)` : line);
    kinds.set(kind, { at: now, silent: 0 });
  };
}
