// Loaded before the program (`node --import`): its parent may move its wall clock. Monotonic time and timers stay true,
// as they do when a system's clock is set.
const trueNow = Date.now;
const TrueDate = Date;
let offsetMs = 0;

Date.now = () => trueNow() + offsetMs;
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
});
process.on('message', (message) => {
  if (typeof message?.clockOffsetMs === 'number') offsetMs = message.clockOffsetMs;
});
// Listening must not keep the program from ending.
process.channel?.unref();
