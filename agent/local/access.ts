// agent/local: who may say and read what on the local broker. Pure.
import { createHash, timingSafeEqual } from 'node:crypto';
import { LOCAL } from '../../contract/index.ts';
import type { LocalUser } from './types.ts';

const digest = (text: string | Uint8Array) => createHash('sha256').update(text).digest();

/** Whether name and password belong together; the time taken tells nothing about how much of it was right. */
export function mayEnter(users: readonly LocalUser[], name: string | undefined, password: Uint8Array | undefined) {
  const user = users.find((u) => u.name === name);
  const same = timingSafeEqual(digest(user?.password ?? ''), digest(password ?? ''));
  return user !== undefined && user.password.length > 0 && same;
}

/** Flows speak under `in/` and of themselves; the editor is opened by the agent alone. */
export function maySay(topic: string): boolean {
  if (topic.length > 128 || topic === LOCAL.editorOpen || topic === LOCAL.editorClose) return false;
  return topic.startsWith('kerb/local/in/') || topic.startsWith('kerb/local/flows/');
}

/** Flows read what the agent gives out, and their editor's orders. */
export function mayRead(filter: string): boolean {
  if (filter.length > 128) return false;
  return filter.startsWith('kerb/local/out/') || filter.startsWith('kerb/local/flows/editor/');
}
