// drivers/gpio: the real pin, through onoff (sysfs). The only file that names it; where it or the GPIO is missing, a clear error.
import { KerbError, oneLine } from '../../contract/errors.ts';
import type { OutputPin } from './outputs.ts';
import type { LineConfig, Pin } from './types.ts';

/** Where the kernel reports no edges on a pin, it is read this often, ms. */
const POLL_MS = 20;

const placeOf = ({ id, gpio }: { id: string; gpio: number }) => `line ${id} (GPIO ${gpio})`;

/** The driver. @throws KerbError GPIO_MISSING: no onoff, or no GPIO on this machine */
async function driver(where: string): Promise<typeof import('onoff').Gpio> {
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
  return Gpio;
}

const refused = (error: unknown, where: string) =>
  new KerbError('GPIO_REFUSED', oneLine(error), where, 'check the number and that nothing else uses it', {
    cause: error,
  });

/** An output that stands at `level` at once: its direction is set together with it. @throws KerbError as below */
export async function openOnoffOutput(line: { id: string; gpio: number }, level: 0 | 1): Promise<OutputPin> {
  const where = placeOf(line);
  const Gpio = await driver(where);
  try {
    const gpio = new Gpio(line.gpio, level === 1 ? 'high' : 'low');
    return { write: (value) => gpio.writeSync(value), close: () => gpio.unexport() };
  } catch (error) {
    throw refused(error, where);
  }
}

/** @throws KerbError GPIO_MISSING (no onoff, or no GPIO on this machine), GPIO_REFUSED (this pin) */
export async function openOnoffPin(line: LineConfig): Promise<Pin> {
  const { gpio } = line;
  const where = placeOf(line);
  const Gpio = await driver(where);
  try {
    return edges(new Gpio(gpio, 'in', 'both'));
  } catch (error) {
    try {
      return polled(new Gpio(gpio, 'in'));
    } catch {
      throw refused(error, where);
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
