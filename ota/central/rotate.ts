// ota/central: new keys for a role. In: the keys' folder and a role. Out: roles.json names new keys, whose files are there.
// Never: an old key that is removed: it still has to sign the root that replaces it.
import { loadRoles, makeKey, type Roles, saveRoles, type TopRole } from './keys.ts';

/** Gives a role as many new keys as it had. @throws KerbError OTA_KEYS_MISSING, OTA_KEYS_BROKEN */
export async function rotateKeys(folder: string, role: TopRole): Promise<Roles> {
  const roles = await loadRoles(folder);
  const numbers = Object.keys(roles.keys).map((name) =>
    name.startsWith(`${role}-`) ? Number(name.slice(role.length + 1)) : 0,
  );
  let last = Math.max(0, ...numbers.filter(Number.isInteger));
  const fresh = roles.roles[role].keys.map(() => `${role}-${++last}`);
  for (const name of fresh) roles.keys[name] = await makeKey(folder, name);
  roles.roles[role].keys = fresh;
  await saveRoles(folder, roles);
  return roles;
}
