// drivers/gpio: the real pin, through onoff (sysfs). The only file that names it; where it or the GPIO is missing, a clear error.
import { KerbError, oneLine } from '../../contract/errors.ts';
import type { LineConfig, Pin } from './types.ts';

/** Where the kernel reports no edges on a pin, it is read this often, ms. */
const POLL_MS = 20;

/** @throws KerbError GPIO_MISSING (no onoff, or no GPIO on this machine), GPIO_REFUSED (this pin) */
export async function openOnoffPin({ id, gpio }: LineConfig): Promise<Pin> {
  const where = `line ${id} (GPIO ${gpio})`;
  let onoff: typeof import('onoff');
  try {
    onoff = await import('onoff');
  } catch (error) {
    const remedy = 'install python3, make and g++, then npm run setup';
    throw new KerbError('GPIO_MISSING', 'the driver onoff is not installed', where, remedy, { cause: error });
  }
  const { Gpio } = onoff;
  if (!Gpio.accessible) {
    const what = 'this machine has no GPIO in /sys/class/gpio';
    throw new KerbError('GPIO_MISSING', what, where, 'check the board, the kernel and the permissions');
  }
  try {
    return edges(new Gpio(gpio, 'in', 'both'));
  } catch (error) {
    try {
      return polled(new Gpio(gpio, 'in'));
    } catch {
      throw new KerbError('GPIO_REFUSED', oneLine(error), where, 'check the number and that nothing else uses it', {
        cause: error,
      });
    }
  }
}

type OnoffGpio = import('onoff').Gpio;

function edges(gpio: OnoffGpio): Pin {
  return {
    read: () => gpio.readSync(),
    watch: (edge) =>
      gpio.watch((error, level) => {
        if (!error) edge(level);
      }),
    close: () => {
      gpio.unwatchAll();
      gpio.unexport();
    },
  };
}

/** A pin without interrupts: read at a fixed pace; pulses shorter than it are missed. */
function polled(gpio: OnoffGpio): Pin {
  let timer: NodeJS.Timeout | null = null;
  return {
    read: () => gpio.readSync(),
    watch: (edge) => {
      let last = gpio.readSync();
      timer = setInterval(() => {
        const level = gpio.readSync();
        if (level !== last) edge(level);
        last = level;
      }, POLL_MS);
    },
    close: () => {
      if (timer) clearInterval(timer);
      gpio.unexport();
    },
  };
}
