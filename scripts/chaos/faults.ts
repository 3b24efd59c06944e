/** Does one planned fault and undoes it after its time. */
import { connect } from 'node:net';
import { assertNever } from '../../src/base/assert-never.ts';
import type { Fault, Part } from './schedule.ts';
import type { World } from './world.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once the fault is over. False if it cannot be done here. */
export async function perform(world: World, fault: Fault): Promise<boolean> {
  const done = await act(world, fault);
  // Who was superseded waits for a person, and nobody would come for ten minutes.
  if (!done || !(fault.isClicked || fault.kind === 'duplicate')) return done;
  if ('link' in fault && fault.link === 'browser') world.browser.wake();
  else await world.retry();
  return done;
}

async function act(world: World, fault: Fault): Promise<boolean> {
  switch (fault.kind) {
    case 'cut':
      world.proxies[fault.link].cut();
      return true;
    case 'stall':
      return lasting(fault, world.proxies[fault.link].stall(fault.direction));
    case 'mute':
      world.proxies[fault.link].cut();
      return lasting(fault, world.proxies[fault.link].mute());
    case 'delay':
      world.proxies[fault.link].setDelay(fault.delayMs);
      return lasting(fault, () => world.proxies[fault.link].setDelay(0));
    case 'half_open':
      world.proxies[fault.link].swallow(fault.direction === 'both' ? ['up', 'down'] : [fault.direction]);
      return lasting(fault, () => {});
    case 'duplicate':
      return duplicate(world, fault);
    case 'kill_bridge':
      return kill(world, ['bridge'], fault);
    case 'kill_server':
      return kill(world, ['server'], fault);
    case 'kill_both':
      return kill(world, ['bridge', 'server'], fault);
    case 'kill_browser':
      await world.browser.restart(fault.lastsMs);
      return true;
    case 'freeze':
      return freeze(world, fault.part, fault);
    case 'disk_full':
      return fillDisk(world, fault.part, fault);
    case 'clock_jump':
      world.programs[fault.part].setClock(fault.offsetMs);
      return lasting(fault, () => world.programs[fault.part].setClock(0));
    default:
      return assertNever(fault, 'fault');
  }
}

async function lasting({ lastsMs }: Fault, undo: () => void): Promise<boolean> {
  await pause(lastsMs);
  undo();
  return true;
}

/** Whoever saw the newest token uses it while it is good. It says nothing, so the bridge's place is merely taken. */
async function duplicate({ proxies, programs }: World, { lastsMs }: Fault): Promise<boolean> {
  const { lastUpgrade } = proxies.bridge;
  if (!lastUpgrade) return false;
  const socket = connect({ port: programs.server.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.resume().write(lastUpgrade);
  await pause(lastsMs);
  socket.destroy();
  return true;
}

async function kill({ programs }: World, parts: readonly Part[], { lastsMs }: Fault): Promise<boolean> {
  await Promise.all(
    parts.map((part) =>
      programs[part].exclusively(async () => {
        await programs[part].kill();
        await pause(lastsMs);
        await programs[part].start();
      }),
    ),
  );
  return true;
}

async function freeze({ programs }: World, part: Part, { lastsMs }: Fault): Promise<boolean> {
  await programs[part].exclusively(async () => {
    programs[part].signal('SIGSTOP');
    await pause(lastsMs);
    programs[part].signal('SIGCONT');
  });
  return true;
}

async function fillDisk({ disks }: World, part: Part, fault: Fault): Promise<boolean> {
  const { fill } = disks[part];
  return fill ? lasting(fault, fill()) : false;
}
