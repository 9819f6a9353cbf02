// campaign: loaded before a program (node --import) whose wall clock is to be wrong by CAMPAIGN_SKEW_MS. The monotonic
// clocks stay as they are, as on a machine that was set to another date.
const skew = Number(process.env['CAMPAIGN_SKEW_MS'] ?? 0);
const RealDate = Date;
const now = () => RealDate.now() + skew;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
