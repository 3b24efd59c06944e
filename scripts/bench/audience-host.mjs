// Plain clients of a server, one process for all: each takes what comes, notes how far it has got and when, and opens
// nothing, so that the server is what limits. The parent says where to connect and what to say first, then asks when
// all have got to a record.
import { WebSocket } from 'ws';

const RECORDS = /"first":(\d+),"last":(\d+)/;
const HEADER_BYTES = 600;

let audience = [];

process.on('disconnect', () => process.exit(0));
process.on('message', async (order) => {
  if (order.type === 'connect') {
    await connectAll(order);
    process.send({ type: 'connected' });
  } else process.send({ type: 'reached', ...(await whenAllReached(order.record)) });
});

async function connectAll({ url, protocol, greetings, keepsFrames }) {
  audience = await Promise.all(
    greetings.map((frames, index) => connect(url, protocol, frames, keepsFrames && index === 0)),
  );
}

function connect(url, protocol, frames, keepsFrames) {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  const member = { reached: 0, arrivals: [], frames: [], problem: undefined, onArrival: () => {} };
  socket.on('message', (data) => {
    const numbers = RECORDS.exec(data.toString('latin1', 0, HEADER_BYTES));
    if (!numbers) return;
    const [, first, last] = numbers.map(Number);
    if (first !== member.reached + 1) member.problem = `After record ${member.reached} came ${first}.`;
    member.reached = last;
    member.arrivals.push({ last, at: process.hrtime.bigint() });
    if (keepsFrames) member.frames.push(data.toString());
    member.onArrival();
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame);
      resolve(member);
    });
    socket.on('close', (code, reason) => {
      member.problem ??= `The socket was closed (${code} ${reason}).`;
      member.onArrival();
    });
  });
}

async function whenAllReached(record) {
  await Promise.all(audience.map((member) => whenReached(member, record)));
  const starts = audience.map(({ arrivals }) => arrivals[0].at);
  const ends = audience.map(({ arrivals }) => arrivals.find(({ last }) => last >= record).at);
  const [{ frames }] = audience;
  const seconds = Number(ends.reduce(later) - starts.reduce(earlier)) / 1e9;
  return { seconds, frames, problem: audience.find(({ problem }) => problem)?.problem };
}

function whenReached(member, record) {
  return new Promise((resolve) => {
    member.onArrival = () => {
      if (member.reached >= record || member.problem) resolve();
    };
    member.onArrival();
  });
}

function later(a, b) {
  return a > b ? a : b;
}

function earlier(a, b) {
  return a < b ? a : b;
}
