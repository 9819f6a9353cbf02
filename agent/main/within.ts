// agent/main: an ending step gets a bounded time: a part that hangs or fails must not keep the others from ending.

/** Runs a step and waits for it, at most `ms`; never throws. */
export async function within(ms: number, step: () => Promise<unknown> | unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  const ended = Promise.resolve()
    .then(step)
    .catch(() => {});
  await Promise.race([ended, bound]);
  clearTimeout(timer);
}
