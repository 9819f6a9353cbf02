// ota/central: `ota keys`. In: a folder. Out: new keys, and a line for each role; with --rotate, new keys for one role.
import { parseArgs } from 'node:util';
import { KerbError } from '../../contract/errors.ts';
import { makeKeys, type TopRole } from './keys.ts';
import { rotateKeys } from './rotate.ts';

export const help = `
usage: ota keys DIR [--root-threshold N]
       ota keys DIR --rotate ROLE

Makes the keys of all roles in DIR: roles.json (who signs, how many, for how long: data to edit) and a private key
NAME.pem for each, mode 0600. Nothing is overwritten: DIR must be empty or not be there.

  --root-threshold N  root is N of 2N-1 keys; default 2 (2 of 3)
  --rotate ROLE       new keys for root, targets, snapshot or timestamp; the next publishing tells the boxes. The old
                      ones stay in DIR: a new root is signed by the old one's keys too

Keep root-*.pem and targets-*.pem away from the network; publish needs them only when they must sign.`;

const ROLES: readonly TopRole[] = ['root', 'targets', 'snapshot', 'timestamp'];

/** @returns exit status @throws KerbError for bad usage or a folder that is not empty */
export async function run(argv: string[]): Promise<number> {
  const options = { 'root-threshold': { type: 'string', default: '2' }, rotate: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  const [folder] = positionals;
  if (folder === undefined || folder === '' || positionals.length > 1) {
    throw new KerbError('USAGE', 'name one folder', 'ota keys', 'ota keys DIR');
  }
  const roles =
    values.rotate === undefined ? await make(folder, values['root-threshold']) : await rotate(folder, values.rotate);
  for (const [role, { keys, threshold, days }] of Object.entries(roles.roles)) {
    process.stdout.write(`${JSON.stringify({ role, threshold, keys, days })}\n`);
  }
  return 0;
}

function make(folder: string, threshold: string) {
  const number = Number(threshold);
  if (!Number.isInteger(number) || number < 1 || number > 10) {
    throw new KerbError('USAGE', `"${threshold.slice(0, 20)}" is no threshold`, '--root-threshold', 'give 1 to 10');
  }
  return makeKeys(folder, number);
}

function rotate(folder: string, name: string) {
  const role = ROLES.find((known) => known === name);
  if (!role)
    throw new KerbError('USAGE', `no such role: ${name.slice(0, 40)}`, '--rotate', `give ${ROLES.join(' or ')}`);
  return rotateKeys(folder, role);
}
